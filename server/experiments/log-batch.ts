import { and, eq, inArray, sql } from "drizzle-orm";
import { runParams, runTags, runs } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { invalid } from "@/server/core/errors";
import { notifyLive } from "@/server/core/live";
import { mutation } from "@/server/core/verb";
import { loadWritableRun } from "./load";
import { LogBatchInput, type MetricInput } from "./schemas";

/**
 * One statement for all points and for the latest value of each key. The primary key makes a replayed request harmless; the latest is the
 * highest (step, timestamp, value).
 */
async function writeMetrics(ctx: Ctx, runId: string, metrics: readonly MetricInput[]): Promise<void> {
  if (metrics.length === 0) return;
  const column = <T>(pick: (metric: MetricInput) => T) => metrics.map(pick);
  const isNan = column((metric) => Number.isNaN(metric.value));
  await ctx.db.execute(sql`
    with points as (
      select * from unnest(
        ${sql.param(column((metric) => metric.key))}::text[],
        ${sql.param(column((metric) => metric.step))}::bigint[],
        ${sql.param(column((metric) => metric.timestamp))}::bigint[],
        ${sql.param(column((metric) => (Number.isNaN(metric.value) ? 0 : metric.value)))}::float8[],
        ${sql.param(isNan)}::boolean[],
        ${sql.param(column((metric) => metric.model_id ?? ""))}::text[],
        ${sql.param(column((metric) => metric.dataset_name ?? null))}::text[],
        ${sql.param(column((metric) => metric.dataset_digest ?? null))}::text[]
      ) as t(key, step, timestamp_ms, value, is_nan, model_id, dataset_name, dataset_digest)
    ), written as (
      insert into run_metrics (run_id, key, step, timestamp_ms, value, is_nan, model_id, dataset_name, dataset_digest)
      select ${runId}, key, step, timestamp_ms, value, is_nan, model_id, dataset_name, dataset_digest from points
      on conflict do nothing
    )
    insert into run_latest_metrics (run_id, key, step, timestamp_ms, value, is_nan)
    select distinct on (key) ${runId}, key, step, timestamp_ms, value, is_nan from points
    order by key, step desc, timestamp_ms desc, value desc
    on conflict (run_id, key) do update set
      step = excluded.step, timestamp_ms = excluded.timestamp_ms, value = excluded.value, is_nan = excluded.is_nan
    where (excluded.step, excluded.timestamp_ms, excluded.value) >=
      (run_latest_metrics.step, run_latest_metrics.timestamp_ms, run_latest_metrics.value)`);
}

/** Params are written once: the same value again is fine, another value is refused. */
async function writeParams(
  ctx: Ctx,
  runId: string,
  params: readonly { key: string; value: string }[],
): Promise<void> {
  if (params.length === 0) return;
  const wanted = new Map<string, string>();
  for (const { key, value } of params) {
    const earlier = wanted.get(key);
    if (earlier !== undefined && earlier !== value) throw changedParam(key, earlier, value);
    wanted.set(key, value);
  }
  await ctx.db
    .insert(runParams)
    .values([...wanted].map(([key, value]) => ({ runId, key, value })))
    .onConflictDoNothing();
  const stored = await ctx.db
    .select({ key: runParams.key, value: runParams.value })
    .from(runParams)
    .where(and(eq(runParams.runId, runId), inArray(runParams.key, [...wanted.keys()])));
  for (const { key, value } of stored) {
    const now = wanted.get(key);
    if (now !== undefined && now !== value) throw changedParam(key, value, now);
  }
}

const changedParam = (key: string, before: string, after: string) =>
  invalid(
    `Changing param values is not allowed. Param with key='${key}' was already logged with value='${before}'; the new value is '${after}'.`,
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

/** Metrics, params and tags of a run, all or nothing; safe to send twice. */
export const logBatch = mutation(
  {
    name: "experiments.run.log-batch",
    permission: "experiments.run.write",
    input: LogBatchInput,
    summary: "Log metrics, params and tags",
    audit: "none: measurements; the run's creation and end are audited",
  },
  async ({ ctx, input }) => {
    const run = await loadWritableRun(ctx, input.runId);
    await writeParams(ctx, run.id, input.params);
    await writeMetrics(ctx, run.id, input.metrics);
    await writeTags(ctx, run.id, input.tags);
    await notifyLive(ctx.db, ctx.actor.teamId, `run:${run.id}`);
    return {};
  },
);
