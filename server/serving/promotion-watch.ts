import { and, desc, eq, gt } from "drizzle-orm";
import { rollouts } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { StoredCriteria } from "./rollout/schemas";
import { usualWatch } from "./rules";

interface Watch {
  rolloutId: string;
  fromVersionId: string;
  toVersionId: string;
  since: Date;
  until: Date;
  onWorse: "rollback" | "offer";
}

/** The watch that a deployment's stable version is under since its promotion, if any. */
export async function watchOf(
  ctx: Ctx,
  deployment: { id: string; stableVersionId: string | null },
): Promise<Watch | null> {
  const [last] = await ctx.db
    .select()
    .from(rollouts)
    .where(and(eq(rollouts.deploymentId, deployment.id), gt(rollouts.watchUntil, ctx.now())))
    .orderBy(desc(rollouts.finishedAt))
    .limit(1);
  if (!last?.watchUntil || !last.finishedAt || !last.fromVersionId) return null;
  if (last.toVersionId !== deployment.stableVersionId) return null;
  const { onWorse } = StoredCriteria.safeParse(last.criteria).data?.watch ?? usualWatch(null);
  if (onWorse === "off") return null;
  return {
    rolloutId: last.id,
    fromVersionId: last.fromVersionId,
    toVersionId: last.toVersionId,
    since: last.finishedAt,
    until: last.watchUntil,
    onWorse,
  };
}
