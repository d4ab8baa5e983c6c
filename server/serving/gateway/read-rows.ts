import { and, inArray, isNull, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { deployments, rollouts } from "@/db/schema";

/** What the database wants of one deployment. */
export interface DeploymentRow {
  id: string;
  teamId: string;
  name: string;
  environment: string;
  generation: number;
  feedbackTarget: string | null;
  stableVersionId: string | null;
  previousVersionId: string | null;
  rolloutId: string | null;
  rolloutState: string | null;
  stageIndex: number | null;
  sharePercent: number | null;
  toVersionId: string | null;
}

/** The deployments that are not retired: all, or those named. */
export function readRows(db: Db, ids?: readonly string[]): Promise<DeploymentRow[]> {
  return db
    .select({
      id: deployments.id,
      teamId: deployments.teamId,
      name: deployments.name,
      environment: deployments.environment,
      generation: deployments.generation,
      feedbackTarget: deployments.feedbackTarget,
      stableVersionId: deployments.stableVersionId,
      previousVersionId: deployments.previousVersionId,
      rolloutId: rollouts.id,
      rolloutState: rollouts.state,
      stageIndex: rollouts.stageIndex,
      sharePercent: rollouts.sharePercent,
      toVersionId: rollouts.toVersionId,
    })
    .from(deployments)
    .leftJoin(rollouts, sql`${rollouts.deploymentId} = ${deployments.id} and ${rollouts.finishedAt} is null`)
    .where(and(isNull(deployments.retiredAt), ids ? inArray(deployments.id, [...ids]) : undefined));
}
