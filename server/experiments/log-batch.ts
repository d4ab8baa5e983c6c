import { and, eq, inArray, sql } from "drizzle-orm";
import type { z } from "zod";
import { commitsAlone } from "@/db/client";
import { runParams, runTags, runs } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { invalid } from "@/server/core/errors";
import { notifyLive, notifyLiveSoon } from "@/server/core/live";
import { inTransaction, mutation } from "@/server/core/verb";
import { loadWritableRun, type Run } from "./load";
import { LogBatchInput } from "./schemas";
import { metricWriter, writeMetrics } from "./write-metrics";
import { runMetricsTopic, runTopic } from "./kinds";

/** Params are written once: the same value again is fine, another value is refused. */
async function writeParams(
  ctx: Ctx,
  { id: runId, experimentId, startMs }: Run,
  params: readonly { key: string; value: string }[],
): Promise<void> {
  if (params.length === 0) return;
  const wanted = new Map<string, string>();
  for (const { key, value } of params) {
    const earlier = wanted.get(key);
    if (earlier !== undefined && earlier !== value) throw changedParam(runId, key, earlier, value);
    wanted.set(key, value);
  }
  await ctx.db
    .insert(runParams)
    .values([...wanted].map(([key, value]) => ({ runId, key, value, experimentId, startMs })))
    .onConflictDoNothing();
  const stored = await ctx.db
    .select({ key: runParams.key, value: runParams.value })
    .from(runParams)
    .where(and(eq(runParams.runId, runId), inArray(runParams.key, [...wanted.keys()])));
  for (const { key, value } of stored) {
    const now = wanted.get(key);
    if (now !== undefined && now !== value) throw changedParam(runId, key, value, now);
  }
}

const changedParam = (runId: string, key: string, before: string, after: string) =>
  invalid(
    `Changing param values is not allowed. Param with key='${key}' was already logged with value='${before}' for run ID='${runId}'. Attempted logging new value '${after}'.`,
    "Log another key, or start another run.",
    { fields: { [`params.${key}`]: "was logged with another value" } },
  );

async function writeTags(
  ctx: Ctx,
  runId: string,
  tags: readonly { key: string; value: string }[],
): Promise<void> {
  if (tags.length === 0) return;
  const last = new Map(tags.map((tag) => [tag.key, tag.value]));
  await ctx.db
    .insert(runTags)
    .values([...last].map(([key, value]) => ({ runId, key, value })))
    .onConflictDoUpdate({ target: [runTags.runId, runTags.key], set: { value: sql`excluded.value` } });
  const name = last.get("mlflow.runName");
  if (name) await ctx.db.update(runs).set({ name }).where(eq(runs.id, runId));
}

async function logTogether(ctx: Ctx, input: z.output<typeof LogBatchInput>): Promise<void> {
  const run = await loadWritableRun(ctx, input.runId);
  await writeParams(ctx, run, input.params);
  await writeMetrics(ctx.db, [{ runId: run.id, teamId: ctx.actor.teamId, metrics: input.metrics }]);
  await writeTags(ctx, run.id, input.tags);
  const topics = [
    ...(input.metrics.length > 0 ? [runMetricsTopic(run.id)] : []),
    ...(input.params.length + input.tags.length > 0 ? [runTopic(run.id)] : []),
  ];
  await notifyLive(ctx.db, ctx.actor.teamId, ...topics);
}

/** Metrics, params and tags of a run, all or nothing; safe to send twice. */
export const logBatch = mutation(
  {
    name: "experiments.run.log-batch",
    permission: "experiments.run.write",
    input: LogBatchInput,
    summary: "Log metrics, params and tags",
    audit: "none: measurements; the run's creation and end are audited",
    // Metrics alone are one statement, shared with other requests of the same moment.
    transactional: false,
  },
  async ({ ctx, input }) => {
    const { runId, metrics, params, tags } = input;
    const alone = metrics.length > 0 && params.length === 0 && tags.length === 0;
    if (alone && commitsAlone(ctx.db)) {
      const entry = { runId, teamId: ctx.actor.teamId, metrics };
      if (await metricWriter(ctx.db).add(entry)) {
        notifyLiveSoon(ctx.db, ctx.actor.teamId, runMetricsTopic(runId));
        return {};
      }
    }
    // Also where the writer found no run to write to: this path says why.
    await inTransaction(ctx, (tx) => logTogether(tx, input));
    return {};
  },
);
