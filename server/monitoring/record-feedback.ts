import { sql } from "drizzle-orm";
import type { z } from "zod";
import type { Ctx } from "@/server/core/context";
import { notifyLive } from "@/server/core/live";
import { mutation } from "@/server/core/verb";
import { isSameOutcome, mayStillArrive } from "./rules";
import { RecordFeedbackInput, type FeedbackResult } from "./schemas";
import { storableText } from "./storable";
import { keyOfPrediction, TrafficTally } from "./traffic";

type Entry = z.output<typeof RecordFeedbackInput>["items"][number];

interface Known extends Record<string, unknown> {
  id: string;
  deployment_id: string;
  version_id: string;
  arm: string;
  rollout_id: string;
  stage: number;
  at_ms: number;
  predicted: string | null;
}

const sameAs = (before: string, value: string): Omit<FeedbackResult, "predictionId"> =>
  isSameOutcome(before, value)
    ? { outcome: "unchanged" }
    : {
        outcome: "conflict",
        message: `Its outcome was reported as ${before} before. Feedback is not changed once it is given.`,
      };

async function loadPredictions(ctx: Ctx, ids: readonly string[]): Promise<Map<string, Known>> {
  const { rows } = await ctx.db.execute<Known>(sql`
    select id, deployment_id, version_id, arm, rollout_id, stage, extract(epoch from at)::float8 * 1000 as at_ms, predicted
    from predictions where team_id = ${ctx.actor.teamId} and id = any(${sql.param(ids)}::text[])`);
  return new Map(rows.map((row) => [row.id, row]));
}

type Pair = { id: string; value: string };

/** Inserts what is new; what was there before is returned with its value. */
async function insertFeedback(ctx: Ctx, pairs: readonly (Pair & { row: Known; correct: boolean })[]) {
  const column = <T>(pick: (pair: (typeof pairs)[number]) => T) => sql.param(pairs.map(pick));
  const { rows: added } = await ctx.db.execute<{ id: string }>(sql`
    insert into feedback (prediction_id, team_id, deployment_id, version_id, rollout_id, arm, stage, prediction_at, value, is_correct, given_by, at)
    select r.id, p.team_id, p.deployment_id, p.version_id, p.rollout_id, p.arm, p.stage, p.at, r.value, r.correct, ${ctx.actor.userId}, ${ctx.now().toISOString()}::timestamptz
    from unnest(${column((pair) => pair.id)}::text[], ${column((pair) => pair.value)}::text[], ${column((pair) => pair.correct)}::bool[]) as r(id, value, correct)
    join predictions p on p.id = r.id
    order by r.id on conflict (prediction_id, row_index) do nothing returning prediction_id as id`);
  const { rows: known } = await ctx.db.execute<Pair & { is_correct: boolean }>(sql`
    select prediction_id as id, value, is_correct from feedback
    where team_id = ${ctx.actor.teamId} and prediction_id = any(${column((pair) => pair.id)}::text[])`);
  return {
    added: new Set(added.map((row) => row.id)),
    known: new Map(known.map((row) => [row.id, row])),
  };
}

async function insertPending(ctx: Ctx, pairs: readonly Pair[]): Promise<Map<string, string>> {
  const column = (pick: (pair: Pair) => string) => sql.param(pairs.map(pick));
  await ctx.db.execute(sql`
    insert into pending_feedback (prediction_id, team_id, value, given_by, at)
    select r.id, ${ctx.actor.teamId}, r.value, ${ctx.actor.userId}, ${ctx.now().toISOString()}::timestamptz
    from unnest(${column((pair) => pair.id)}::text[], ${column((pair) => pair.value)}::text[]) as r(id, value)
    order by r.id on conflict do nothing`);
  const { rows } = await ctx.db.execute<{ id: string; value: string }>(sql`
    select prediction_id as id, value from pending_feedback
    where team_id = ${ctx.actor.teamId} and prediction_id = any(${column((pair) => pair.id)}::text[])`);
  return new Map(rows.map((row) => [row.id, row.value]));
}

/** The value a call gives first for an id counts; a repeat in the same call is judged against it. */
function firstValues(items: readonly Entry[]): Map<string, string> {
  const first = new Map<string, string>();
  for (const item of items) {
    if (item.problem === undefined && !first.has(item.predictionId)) {
      first.set(item.predictionId, storableText(item.value));
    }
  }
  return first;
}

/**
 * Takes true outcomes by prediction id and compares them with what was predicted. The same outcome again changes nothing; another
 * one is that item's conflict. An item that cannot be used never drops the others. Feedback may come before its prediction
 * is stored and is joined to it when it lands.
 */
export const recordFeedback = mutation(
  {
    name: "monitoring.feedback.record",
    permission: "monitoring.feedback.write",
    input: RecordFeedbackInput,
    summary: "Report the true outcomes of predictions",
    audit: "none: telemetry; who gave which outcome is on the feedback row itself",
  },
  async ({ ctx, input }) => {
    const first = firstValues(input.items);
    const predictions = await loadPredictions(ctx, [...first.keys()]);
    const comparable = [...first].flatMap(([id, value]) => {
      const row = predictions.get(id);
      return row && row.predicted !== null
        ? [{ id, value, row, correct: isSameOutcome(row.predicted, value) }]
        : [];
    });
    const nowMs = ctx.now().getTime();
    const early = [...first].flatMap(([id, value]) =>
      !predictions.has(id) && mayStillArrive(id, nowMs) ? [{ id, value }] : [],
    );
    const { added, known } = await insertFeedback(ctx, comparable);
    const pending = await insertPending(ctx, early);
    const tally = new TrafficTally();
    const topics = new Set<string>();
    for (const { id, row, correct } of comparable) {
      if (!added.has(id)) continue;
      const counts = tally.at(
        keyOfPrediction({
          deploymentId: row.deployment_id,
          versionId: row.version_id,
          arm: row.arm,
          rolloutId: row.rollout_id,
          stage: row.stage,
          atMs: row.at_ms,
        }),
      );
      counts.feedback += 1;
      if (correct) counts.correct += 1;
      topics.add("monitoring").add(`deployment:${row.deployment_id}`);
      if (row.rollout_id !== "") topics.add(`rollout:${row.rollout_id}`);
    }
    await tally.write(ctx.db);
    await notifyLive(ctx.db, ctx.actor.teamId, ...topics);

    const answered = new Set<string>();
    const judge = (item: Entry): Omit<FeedbackResult, "predictionId"> => {
      if (item.problem !== undefined) return { outcome: "invalid", message: item.problem };
      const again = answered.has(item.predictionId);
      answered.add(item.predictionId);
      const prediction = predictions.get(item.predictionId);
      if (prediction?.predicted === null) {
        return {
          outcome: "invalid",
          message: "This request gave no prediction to compare an outcome with.",
        };
      }
      const feedback = known.get(item.predictionId);
      if (feedback) {
        const fresh = added.has(item.predictionId) && !again;
        return {
          ...(fresh ? { outcome: "recorded" as const } : sameAs(feedback.value, item.value)),
          isCorrect: feedback.is_correct,
        };
      }
      const waiting = pending.get(item.predictionId);
      if (waiting !== undefined) {
        const verdict = sameAs(waiting, item.value);
        return verdict.outcome === "conflict"
          ? verdict
          : { outcome: "pending", message: "Kept until the prediction is stored." };
      }
      return {
        outcome: "not_found",
        message: "This team has no prediction with this id, and none is on its way.",
      };
    };
    const results = input.items.map((item): FeedbackResult => ({
      predictionId: item.predictionId,
      ...judge(item),
    }));
    const summary = { recorded: 0, unchanged: 0, pending: 0, conflict: 0, not_found: 0, invalid: 0 };
    for (const result of results) summary[result.outcome] += 1;
    return { summary, results };
  },
);
