import { and, eq, isNull, notInArray } from "drizzle-orm";
import { deployments, rollouts } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { RolloutEvidence, RolloutStage, StoredCriteria, type RolloutCriteria } from "./rollout/schemas";
import { ROLLOUT_STATES, type RolloutState } from "./rollout/states";
import { z } from "zod";

export type Deployment = typeof deployments.$inferSelect;
export type RolloutRow = typeof rollouts.$inferSelect;

export const FINISHED = ["succeeded", "rolled_back", "aborted"] as const;

/** @throws AppError `not_found` for a missing, foreign or retired deployment. */
export async function loadDeployment(ctx: Ctx, name: string): Promise<Deployment> {
  const [row] = await ctx.db
    .select()
    .from(deployments)
    .where(
      and(
        eq(deployments.teamId, ctx.actor.teamId),
        eq(deployments.name, name),
        isNull(deployments.retiredAt),
      ),
    );
  if (!row) throw notFound("deployment", name);
  return row;
}

/** @throws AppError `not_found` */
export async function loadDeploymentById(ctx: Ctx, id: string): Promise<Deployment> {
  const [row] = await ctx.db
    .select()
    .from(deployments)
    .where(and(eq(deployments.teamId, ctx.actor.teamId), eq(deployments.id, id)));
  if (!row) throw notFound("deployment", id);
  return row;
}

/** @throws AppError `not_found` */
export async function loadRollout(ctx: Ctx, id: string): Promise<RolloutRow> {
  const [row] = await ctx.db
    .select()
    .from(rollouts)
    .where(and(eq(rollouts.teamId, ctx.actor.teamId), eq(rollouts.id, id)));
  if (!row) throw notFound("rollout", id);
  return row;
}

/** The rollout that is under way on a deployment, if any. */
export async function openRollout(ctx: Ctx, deploymentId: string): Promise<RolloutRow | undefined> {
  const [row] = await ctx.db
    .select()
    .from(rollouts)
    .where(and(eq(rollouts.deploymentId, deploymentId), notInArray(rollouts.state, [...FINISHED])));
  return row;
}

const State = z.enum(ROLLOUT_STATES);
const Stages = z.array(RolloutStage);

export interface ParsedRollout extends Omit<RolloutRow, "state" | "stages" | "criteria" | "evidence"> {
  state: RolloutState;
  stages: RolloutStage[];
  criteria: RolloutCriteria;
  evidence: RolloutEvidence;
}

/** Reads a stored rollout's JSON columns with the same schemas that wrote them. */
export const parseRollout = (row: RolloutRow): ParsedRollout => ({
  ...row,
  state: State.parse(row.state),
  stages: Stages.parse(row.stages),
  criteria: StoredCriteria.parse(row.criteria),
  evidence: RolloutEvidence.parse(row.evidence),
});
