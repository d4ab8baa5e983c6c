import { and, desc, eq, ilike, inArray, isNull, lt, or, sql } from "drizzle-orm";
import { z } from "zod";
import { alerts, driftReports } from "@/db/schema";
import { readableModels, readableVersions } from "@/server/registry";
import { people } from "@/server/identity";
import type { Ctx } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { decodeCursor, toPage } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { quantileMs } from "@/server/serving/rules";
import { readableDeployments, readableRollouts, wilsonInterval } from "@/server/serving";
import { MIN_REQUESTS_FOR_P99 } from "./rules";
import { ListMonitoredInput, MonitoredInput, WINDOWS } from "./schemas";

const READ = "monitoring.prediction.read" as const;

export interface RateFigure {
  /** Share from 0 to 1; null where nothing was measured. */
  value: number | null;
  lo: number | null;
  hi: number | null;
  n: number;
}

function rate(events: number, n: number): RateFigure {
  const interval = wilsonInterval({ events, n });
  return { value: n === 0 ? null : events / n, lo: interval?.low ?? null, hi: interval?.high ?? null, n };
}

interface Sums {
  requests: number;
  errors: number;
  slow: number;
  feedback: number;
  correct: number;
  measured: number;
  absErrorSum: number;
  squaredErrorSum: number;
  scored: number;
  scoreSum: number;
  latencySumMs: number;
  latencyMaxMs: number;
  buckets: Record<string, number>;
}

const figures = (sums: Sums) => ({
  requests: sums.requests,
  errorRate: rate(sums.errors, sums.requests),
  slowShare: rate(sums.slow, sums.requests),
  accuracy: rate(sums.correct, sums.feedback),
  /** How far predicted numbers were from their outcomes; null where none was told. */
  error:
    sums.measured === 0
      ? null
      : {
          n: sums.measured,
          meanAbsolute: sums.absErrorSum / sums.measured,
          rootMeanSquared: Math.sqrt(sums.squaredErrorSum / sums.measured),
        },
  /** Mean confidence of the answers that have one. */
  confidence: sums.scored === 0 ? null : { n: sums.scored, mean: sums.scoreSum / sums.scored },
  meanMs: sums.requests === 0 ? null : sums.latencySumMs / sums.requests,
  maxMs: sums.requests === 0 ? null : sums.latencyMaxMs,
  p50Ms: quantileMs(sums.buckets, 0.5),
  /** Null under 300 requests: order statistics give it no upper bound there. */
  p99Ms: sums.requests >= MIN_REQUESTS_FOR_P99 ? quantileMs(sums.buckets, 0.99) : null,
});
export type TrafficFigures = ReturnType<typeof figures>;

interface SumRow extends Record<string, unknown> {
  key: string;
  requests: number;
  errors: number;
  slow: number;
  feedback: number;
  correct: number;
  measured: number;
  abs_error: number;
  squared_error: number;
  scored: number;
  score: number;
  sum_ms: number;
  max_ms: number;
  buckets: Record<string, number>;
}

const toSums = (row: SumRow | undefined): Sums => ({
  requests: row?.requests ?? 0,
  errors: row?.errors ?? 0,
  slow: row?.slow ?? 0,
  feedback: row?.feedback ?? 0,
  correct: row?.correct ?? 0,
  measured: row?.measured ?? 0,
  absErrorSum: row?.abs_error ?? 0,
  squaredErrorSum: row?.squared_error ?? 0,
  scored: row?.scored ?? 0,
  scoreSum: row?.score ?? 0,
  latencySumMs: row?.sum_ms ?? 0,
  latencyMaxMs: row?.max_ms ?? 0,
  buckets: row?.buckets ?? {},
});

/** Sums of `traffic_seconds` by `keySql`, latency buckets merged in the database. */
async function sumTraffic(
  ctx: Ctx,
  ids: readonly string[],
  sinceSecond: number,
  keySql: ReturnType<typeof sql>,
): Promise<Map<string, SumRow>> {
  if (ids.length === 0) return new Map();
  const { rows } = await ctx.db.execute<SumRow>(sql`
    with picked as (
      select ${keySql} as key, t.* from traffic_seconds t
      where t.deployment_id = any(${sql.param(ids)}::text[]) and t.second >= ${sinceSecond}
    ), merged as (
      select key, jsonb_object_agg(bucket, n) as buckets from (
        select p.key, b.key as bucket, sum(b.value::int)::int as n from picked p, jsonb_each_text(p.latency_buckets) b group by 1, 2) x
      group by key
    )
    select p.key::text as key, sum(requests)::int as requests, sum(errors)::int as errors, sum(slow)::int as slow, sum(feedback)::int as feedback,
      sum(correct)::int as correct, sum(measured)::int as measured, sum(abs_error_sum)::float8 as abs_error,
      sum(squared_error_sum)::float8 as squared_error, sum(scored)::int as scored, sum(score_sum)::float8 as score, sum(latency_sum_ms)::float8 as sum_ms, max(latency_max_ms)::float8 as max_ms,
      coalesce((select m.buckets from merged m where m.key = p.key), '{}') as buckets
    from picked p group by p.key`);
  return new Map(rows.map((row) => [row.key, row]));
}

const sinceOf = (ctx: Ctx, window: keyof typeof WINDOWS) =>
  Math.floor(ctx.now().getTime() / 1000) - WINDOWS[window];

async function driftOf(ctx: Ctx, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, { verdict: string; at: Date }>();
  const rows = await ctx.db
    .selectDistinctOn([driftReports.deploymentId], {
      id: driftReports.deploymentId,
      verdict: driftReports.verdict,
      at: driftReports.at,
    })
    .from(driftReports)
    .where(inArray(driftReports.deploymentId, [...ids]))
    .orderBy(driftReports.deploymentId, desc(driftReports.at));
  return new Map(rows.map((row) => [row.id, row]));
}

/** The team's endpoints with their health over a window. */
export const listMonitored = query(
  {
    name: "monitoring.deployment.list",
    permission: READ,
    input: ListMonitoredInput,
    summary: "Health of the deployments",
  },
  async ({ ctx, input }) => {
    const after = decodeCursor(input.cursor, z.tuple([z.number(), z.string()]));
    const rows = await ctx.db
      .select({
        id: readableDeployments.id,
        name: readableDeployments.name,
        environment: readableDeployments.environment,
        ownerName: people.name,
        modelName: readableModels.name,
        version: readableVersions.number,
        rolloutId: readableRollouts.id,
        rolloutState: readableRollouts.state,
        updatedAt: readableDeployments.updatedAt,
        openAlerts: sql<number>`(select count(*)::int from ${alerts} a where a.team_id = ${readableDeployments.teamId} and a.subject_id = ${readableDeployments.id} and a.state <> 'resolved')`,
      })
      .from(readableDeployments)
      .leftJoin(readableModels, eq(readableModels.id, readableDeployments.modelId))
      .leftJoin(readableVersions, eq(readableVersions.id, readableDeployments.stableVersionId))
      .leftJoin(people, eq(people.id, readableDeployments.ownerId))
      .leftJoin(
        readableRollouts,
        and(eq(readableRollouts.deploymentId, readableDeployments.id), isNull(readableRollouts.finishedAt)),
      )
      .where(
        and(
          eq(readableDeployments.teamId, ctx.actor.teamId),
          isNull(readableDeployments.retiredAt),
          input.q
            ? ilike(readableDeployments.name, `%${input.q.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`)
            : undefined,
          after
            ? or(
                lt(readableDeployments.updatedAt, new Date(after[0])),
                and(
                  eq(readableDeployments.updatedAt, new Date(after[0])),
                  lt(readableDeployments.id, after[1]),
                ),
              )
            : undefined,
        ),
      )
      .orderBy(
        desc(sql`date_trunc('milliseconds', ${readableDeployments.updatedAt})`),
        desc(readableDeployments.id),
      )
      .limit(input.limit + 1);
    const page = toPage(rows, input.limit, (row) => [row.updatedAt.getTime(), row.id]);
    const ids = page.items.map((row) => row.id);
    const traffic = await sumTraffic(ctx, ids, sinceOf(ctx, input.window), sql`t.deployment_id`);
    const drift = await driftOf(ctx, ids);
    return {
      nextCursor: page.nextCursor,
      items: page.items.map((row) => ({
        ...row,
        ...figures(toSums(traffic.get(row.id))),
        drift: drift.get(row.id)?.verdict ?? null,
      })),
    };
  },
);

/** @throws AppError `not_found` */
export async function loadMonitored(ctx: Ctx, name: string) {
  const [row] = await ctx.db
    .select({
      id: readableDeployments.id,
      name: readableDeployments.name,
      environment: readableDeployments.environment,
      ownerName: people.name,
      modelName: readableModels.name,
      version: readableVersions.number,
      latencyBoundMs: readableDeployments.latencyBoundMs,
      feedbackTarget: readableDeployments.feedbackTarget,
    })
    .from(readableDeployments)
    .leftJoin(readableModels, eq(readableModels.id, readableDeployments.modelId))
    .leftJoin(readableVersions, eq(readableVersions.id, readableDeployments.stableVersionId))
    .leftJoin(people, eq(people.id, readableDeployments.ownerId))
    .where(and(eq(readableDeployments.teamId, ctx.actor.teamId), eq(readableDeployments.name, name)));
  if (!row) throw notFound("deployment", name);
  return row;
}

const MAX_BINS = 120;

interface Delays extends Record<string, unknown> {
  n: number;
  p50: number | null;
  p95: number | null;
}

/** One endpoint over a window: totals, bins for the charts, feedback delay, open alerts and the newest drift report. */
export const getMonitored = query(
  {
    name: "monitoring.deployment.get",
    permission: READ,
    input: MonitoredInput,
    summary: "Health of one deployment over time",
  },
  async ({ ctx, input }) => {
    const deployment = await loadMonitored(ctx, input.name);
    const since = sinceOf(ctx, input.window);
    const stepSeconds = Math.max(5, Math.ceil(WINDOWS[input.window] / MAX_BINS));
    const firstBin = Math.floor(since / stepSeconds);
    const bins = await sumTraffic(
      ctx,
      [deployment.id],
      since,
      sql`t.second / ${sql.raw(String(stepSeconds))}`,
    );
    const total = await sumTraffic(ctx, [deployment.id], since, sql`'all'::text`);
    const byArm = await sumTraffic(ctx, [deployment.id], since, sql`t.arm`);
    const lastBin = Math.floor(ctx.now().getTime() / 1000 / stepSeconds);
    const { rows: delays } = await ctx.db.execute<Delays>(sql`
      select count(*)::int as n, percentile_disc(0.5) within group (order by d) as p50, percentile_disc(0.95) within group (order by d) as p95
      from (select extract(epoch from f.at - f.prediction_at)::float8 * 1000 as d from feedback f
        where f.deployment_id = ${deployment.id} and f.at >= to_timestamp(${since})) x`);
    const open = await ctx.db
      .select({
        id: alerts.id,
        title: alerts.title,
        body: alerts.body,
        severity: alerts.severity,
        state: alerts.state,
        href: alerts.href,
        startedAt: alerts.startedAt,
      })
      .from(alerts)
      .where(
        and(
          eq(alerts.teamId, ctx.actor.teamId),
          eq(alerts.subjectId, deployment.id),
          inArray(alerts.state, ["firing", "acknowledged"]),
        ),
      )
      .orderBy(desc(alerts.startedAt));
    const [report] = await ctx.db
      .select()
      .from(driftReports)
      .where(eq(driftReports.deploymentId, deployment.id))
      .orderBy(desc(driftReports.at))
      .limit(1);
    return {
      ...deployment,
      window: input.window,
      stepSeconds,
      totals: figures(toSums(total.get("all"))),
      arms: { stable: figures(toSums(byArm.get("stable"))), canary: figures(toSums(byArm.get("canary"))) },
      points: Array.from({ length: lastBin - firstBin + 1 }, (_, index) => ({
        second: (firstBin + index) * stepSeconds,
        ...figures(toSums(bins.get(String(firstBin + index)))),
      })),
      feedbackDelay: { n: delays[0]?.n ?? 0, p50Ms: delays[0]?.p50 ?? null, p95Ms: delays[0]?.p95 ?? null },
      alerts: open,
      drift: report ? { at: report.at, verdict: report.verdict, ...parseReport(report) } : null,
    };
  },
);

const Reference = z.object({
  kind: z.string(),
  label: z.string(),
  href: z.string().nullable(),
  rows: z.number(),
  isSmall: z.boolean().default(false),
  unmatched: z.array(z.string()).default([]),
  window: z.object({
    from: z.string().nullable(),
    to: z.string().nullable(),
    requests: z.number(),
    rows: z.number().optional(),
  }),
  alpha: z.number().default(0.05),
  weeklyFalseAlarms: z.number().nullable().default(null),
});
const Features = z.array(
  z.object({
    feature: z.string(),
    status: z.enum(["drift", "no-drift", "not-enough-data"]),
    referenceCount: z.number(),
    currentCount: z.number(),
    currentEffective: z.number().optional(),
    test: z.string(),
    p: z.number().nullable(),
    adjustedP: z.number().nullable(),
    effect: z.number().nullable(),
    effectThreshold: z.number(),
    effectName: z.string(),
    psi: z.number().nullable(),
  }),
);

const parseReport = (row: { reference: unknown; features: unknown }) => ({
  reference: Reference.parse(row.reference),
  features: Features.parse(row.features),
});
