import { sql } from "drizzle-orm";
import type { Ctx } from "@/server/core/context";
import { query } from "@/server/core/verb";
import {
  etpOf,
  frictionOf,
  gateFalseNegatives,
  quantilesOf,
  decompose,
  stagesOf,
  type Journey,
} from "./rules";
import { INSIGHT_WINDOWS, InsightsInput } from "./schemas";

const ms = (column: string) => sql.raw(`(extract(epoch from ${column}) * 1000)::float8`);

interface JourneyRow extends Record<string, unknown> {
  version_id: string;
  model: string;
  number: number;
  run_id: string | null;
  experiment_id: number | null;
  started: number;
  run_started: number | null;
  run_ended: number | null;
  registered: number;
  requested: number | null;
  touched: number | null;
  decided: number | null;
  deploy_started: number | null;
  production: number | null;
  returns: number;
  touches: number;
  first_outcome: string | null;
}

/** Versions of the team whose cycle began in the window, with the moments of their way. */
async function journeysSince(
  ctx: Ctx,
  since: Date,
): Promise<(Journey & { runId: string | null; experimentId: number | null; gatesFirst: string | null })[]> {
  const { rows } = await ctx.db.execute<JourneyRow>(sql`
    select v.id as version_id, m.name as model, v.number, v.run_id, r.experiment_id,
      coalesce(${ms("j.created_at")}, r.start_ms::float8, ${ms("v.created_at")}) as started, r.start_ms::float8 as run_started, r.end_ms::float8 as run_ended,
      ${ms("v.created_at")} as registered, ${ms("w.requested")} as requested, ${ms("w.touched")} as touched, ${ms("w.decided")} as decided,
      ${ms("o.started")} as deploy_started, ${ms("p.first_at")} as production,
      coalesce(w.returns, 0)::int as returns, coalesce(w.touches, 0)::int as touches, g.outcome as first_outcome
    from model_versions v
    join registered_models m on m.id = v.model_id
    left join runs r on r.id = v.run_id
    left join jobs j on j.id = coalesce(v.job_id, r.job_id)
    left join lateral (
      select min(e.created_at) as requested, min(e.first_touched_at) as touched, max(e.decided_at) as decided,
        count(*) filter (where e.state in ('changes_requested', 'rejected')) as returns,
        (select count(*) from review_decisions d join reviews e2 on e2.id = d.review_id where e2.subject_kind = 'model_version' and e2.subject_id = v.id and e2.team_id = v.team_id) as touches
      from reviews e where e.subject_kind = 'model_version' and e.subject_id = v.id and e.team_id = v.team_id and e.environment = 'production') w on true
    left join lateral (
      select min(x.created_at) as started from lineage_edges x join deployments d on d.id = x.to_id
      where x.from_kind = 'model_version' and x.from_id = v.id and x.relation = 'deployed' and d.environment = 'production') o on true
    left join lateral (
      select to_timestamp(min(t.second)) as first_at from first_traffic t join deployments d on d.id = t.deployment_id
      where t.version_id = v.id and d.environment = 'production' and d.team_id = v.team_id) p on true
    left join lateral (
      select x.outcome from gate_runs x where x.subject_kind = 'model_version' and x.subject_id = v.id and x.outcome is not null order by x.created_at limit 1) g on true
    where v.team_id = ${ctx.actor.teamId} and v.created_at >= ${since.toISOString()}
    order by v.created_at desc limit 2000`);
  return rows.map((row) => ({
    versionId: row.version_id,
    model: row.model,
    number: row.number,
    runId: row.run_id,
    experimentId: row.experiment_id,
    startedAtMs: row.started,
    runStartedAtMs: row.run_started,
    runEndedAtMs: row.run_ended,
    registeredAtMs: row.registered,
    reviewRequestedAtMs: row.requested,
    reviewTouchedAtMs: row.touched,
    reviewDecidedAtMs: row.decided,
    deployStartedAtMs: row.deploy_started,
    productionAtMs: row.production,
    returns: row.returns,
    touches: row.touches,
    gatesPassedFirst: row.first_outcome === null ? null : row.first_outcome === "pass",
    gatesFirst: row.first_outcome,
  }));
}

interface RunRow extends Record<string, unknown> {
  id: string;
  start_ms: number;
  production: number | null;
}

interface RolloutRow extends Record<string, unknown> {
  id: string;
  deployment: string;
  state: string;
  reason: string;
  model: string;
  number: number;
  finished: number;
}

/** The line's own numbers over a window, each with the rows behind it. Nothing in it is typed in; all of it is read from what happened. */
export const getVelocity = query(
  {
    name: "insights.velocity.get",
    permission: "insights.read",
    input: InsightsInput,
    summary: "Velocity of the line",
  },
  async ({ ctx, input }) => {
    const since = new Date(ctx.now().getTime() - INSIGHT_WINDOWS[input.window] * 86_400_000);
    const journeys = await journeysSince(ctx, since);
    const { rows: runs } = await ctx.db.execute<RunRow>(sql`
      select r.id, r.start_ms::float8 as start_ms, (select min(t.second) * 1000.0 from model_versions v join first_traffic t on t.version_id = v.id
        join deployments d on d.id = t.deployment_id and d.environment = 'production' and d.team_id = r.team_id where v.run_id = r.id)::float8 as production
      from runs r where r.team_id = ${ctx.actor.teamId} and r.created_at >= ${since.toISOString()} and r.lifecycle = 'active' limit 20000`);
    const { rows: promotions } = await ctx.db.execute<RolloutRow>(sql`
      select x.id, d.name as deployment, x.state, x.state_reason as reason, m.name as model, v.number, ${ms("x.finished_at")} as finished
      from rollouts x join deployments d on d.id = x.deployment_id join model_versions v on v.id = x.to_version_id join registered_models m on m.id = v.model_id
      where x.team_id = ${ctx.actor.teamId} and d.environment = 'production' and x.state in ('succeeded', 'rolled_back')
        and v.gates_outcome = 'pass' and x.finished_at >= ${since.toISOString()} order by x.finished_at desc limit 1000`);
    const cycles = journeys.flatMap((journey) => {
      const stages = decompose(journey);
      return stages ? [{ ...journey, stages, totalMs: stages.totalMs }] : [];
    });
    return {
      window: input.window,
      since,
      etp: etpOf(
        runs.map((run) => ({ runId: run.id, startedAtMs: run.start_ms, productionAtMs: run.production })),
      ),
      cycle: quantilesOf(cycles.map((each) => each.totalMs)),
      open: journeys.length - cycles.length,
      stages: stagesOf(journeys),
      friction: frictionOf(journeys),
      gateFalseNegatives: gateFalseNegatives(
        promotions.map((row) => ({ rolloutId: row.id, state: row.state, finishedAtMs: row.finished })),
      ),
      rows: {
        cycles: journeys.slice(0, 200).map((journey) => ({ ...journey, stages: decompose(journey) ?? null })),
        promotions: promotions.slice(0, 200),
      },
    };
  },
);
