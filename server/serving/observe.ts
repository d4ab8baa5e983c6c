import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import type { ArmCounts, RolloutObservations, StageObservation } from "./rollout/schemas";

interface Row extends Record<string, unknown> {
  stage: number;
  arm: string;
  requests: number;
  errors: number;
  slow: number;
  feedback: number;
  correct: number;
  measured: number;
  absolute: number;
  squared: number;
  fourth: number;
}

const CLOCKS_APART_S = 86_400;

const empty = () => ({ requests: 0, errors: 0, slow: 0, feedback: 0, correct: 0 });

/** What both arms served in each stage of a rollout, summed in the database. */
export async function observe(
  db: Db,
  rollout: { id: string; stageIndex: number; consecutiveFailures: number; createdAt: Date },
): Promise<RolloutObservations> {
  // Bounded, so that partitions of earlier days are left alone; a gateway's clock may be behind.
  const since = Math.floor(rollout.createdAt.getTime() / 1000) - CLOCKS_APART_S;
  const { rows } = await db.execute<Row>(sql`
    select stage, arm, sum(requests)::int as requests, sum(errors)::int as errors, sum(slow)::int as slow,
      sum(feedback)::int as feedback, sum(correct)::int as correct,
      sum(measured)::int as measured, sum(abs_error_sum) as absolute, sum(squared_error_sum) as squared, sum(fourth_error_sum) as fourth
    from traffic_seconds where rollout_id = ${rollout.id} and second >= ${since} and stage between 0 and ${rollout.stageIndex} group by stage, arm`);
  const stages: StageObservation[] = Array.from({ length: rollout.stageIndex + 1 }, () => ({
    stable: empty(),
    canary: empty(),
  }));
  for (const { stage, arm, measured, absolute, squared, fourth, ...rest } of rows) {
    const target = stages[stage];
    if (!target) continue;
    const counts: ArmCounts =
      measured > 0 ? { ...rest, numeric: { n: measured, absolute, squared, fourth } } : rest;
    if (arm === "canary") target.canary = counts;
    else target.stable = counts;
  }
  return { stages, consecutiveFailures: rollout.consecutiveFailures };
}
