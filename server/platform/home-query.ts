import { sql } from "drizzle-orm";
import { can } from "@/server/core/authz/permissions";
import type { Ctx } from "@/server/core/context";
import { NoInput, query } from "@/server/core/verb";

interface Item extends Record<string, unknown> {
  kind: string;
  id: string;
  title: string;
  detail: string;
  status: string;
  href: string;
  at: string;
}

const LIMIT = 6;
const LATELY = 8;
const toItem = (row: Item) => ({ ...row, at: new Date(row.at) });
export type HomeItem = ReturnType<typeof toItem>;

async function running(ctx: Ctx): Promise<HomeItem[]> {
  const team = ctx.actor.teamId;
  const { rows } = await ctx.db.execute<Item>(sql`
    (select 'job' as kind, j.id, j.name as title, coalesce(u.name, 'Modelworks') || case when j.state = 'queued' and j.reason_text <> '' then ': ' || j.reason_text else '' end as detail,
        j.state as status, '/jobs/' || j.id as href, coalesce(j.started_at, j.created_at) as at
      from jobs j left join users u on u.id = j.created_by where j.team_id = ${team} and j.state in ('queued', 'preparing', 'running')
      order by j.created_at desc limit ${LIMIT})
    union all
    (select 'rollout', x.id, d.name, x.share_percent || '% of requests on the canary', x.state, '/deployments/' || d.name || '/rollouts/' || x.id, x.created_at
      from rollouts x join deployments d on d.id = x.deployment_id where x.team_id = ${team} and x.finished_at is null order by x.created_at desc limit ${LIMIT})
    order by at desc`);
  return rows.map(toItem);
}

/** What only this person, or one of a few, can move on. */
async function waitingForMe(ctx: Ctx): Promise<HomeItem[]> {
  const { teamId, userId } = ctx.actor;
  const reviews = can(ctx.actor, "governance.review.decide").allowed
    ? sql`(select 'review' as kind, r.id, r.title, 'Asked by ' || coalesce(u.name, 'Modelworks') || ', due ' || to_char(r.due_at at time zone 'UTC', 'Mon DD') as detail, 'review_pending' as status,
          '/reviews/' || r.id as href, r.created_at as at
        from reviews r left join users u on u.id = r.requested_by
        where r.team_id = ${teamId} and r.state = 'open' and not (${userId} = any(r.excluded_ids)) order by r.due_at limit ${LIMIT})`
    : undefined;
  const quota = can(ctx.actor, "compute.quota.decide").allowed
    ? sql`(select 'quota' as kind, q.id, (q.amount_milli / 1000.0)::float8::text || ' × ' || q.flavor || ' for ' || t.name as title, 'Asked by ' || coalesce(u.name, 'Modelworks') as detail,
          'requested' as status, '/quotas/requests/' || q.id as href, q.created_at as at
        from quota_requests q join teams t on t.id = q.team_id left join users u on u.id = q.requested_by
        where q.state = 'open' and q.requested_by <> ${userId} order by q.created_at limit ${LIMIT})`
    : undefined;
  const failed = sql`(select 'job' as kind, j.id, j.name as title, j.reason_text as detail, j.state as status, '/jobs/' || j.id as href, j.finished_at as at from jobs j
      where j.team_id = ${teamId} and j.created_by = ${userId} and j.state = 'failed' and j.finished_at > now() - interval '3 days' order by j.finished_at desc limit ${LIMIT})`;
  const inbox = sql`(select 'inbox' as kind, n.id, n.title, n.reason as detail, 'open' as status, n.href, n.created_at as at from notifications n
      where n.user_id = ${userId} and n.team_id = ${teamId} and n.done_at is null and n.read_at is null and n.kind not in ('review', 'quota', 'job')
      order by n.created_at desc limit ${LIMIT})`;
  const parts = [reviews, quota, failed, inbox].filter((part) => part !== undefined);
  const { rows } = await ctx.db.execute<Item>(sql.join(parts, sql` union all `));
  return rows.map(toItem);
}

/** The page of version `v` of model `m`. */
const VERSION_HREF = sql`'/models/' || replace(replace(replace(m.name, '%', '%25'), '#', '%23'), '?', '%3F') || '/versions/' || v.number`;

async function unhealthy(ctx: Ctx): Promise<HomeItem[]> {
  const team = ctx.actor.teamId;
  const parts = [
    sql`(select 'alert' as kind, a.id, a.title, a.body as detail, a.state as status, a.href, a.started_at as at from alerts a
      where a.team_id = ${team} and a.state <> 'resolved' order by a.started_at desc limit ${LIMIT})`,
    sql`(select 'version' as kind, v.id, m.name || ' version ' || v.number as title, 'A gate does not pass: ' || v.gates_outcome as detail, case v.gates_outcome when 'fail' then 'gates_failed' else v.gates_outcome end as status,
        ${VERSION_HREF} as href, v.updated_at as at
      from model_versions v join registered_models m on m.id = v.model_id
      where v.team_id = ${team} and v.gates_outcome in ('fail', 'error') and v.state <> 'deleted'
        and v.number = (select max(n.number) from model_versions n where n.model_id = v.model_id and n.state <> 'deleted')
      order by v.updated_at desc limit ${LIMIT})`,
  ];
  if (can(ctx.actor, "platform.console.read").allowed) {
    parts.push(
      sql`(select 'work' as kind, d.event_id || '/' || d.handler as id, d.handler as title, coalesce(d.last_error, '') as detail, 'dead' as status, '/admin/work?state=dead' as href, d.next_attempt_at as at
        from outbox_deliveries d where d.state = 'dead' order by d.next_attempt_at desc limit ${LIMIT})`,
    );
  }
  const { rows } = await ctx.db.execute<Item>(sql.join(parts, sql` union all `));
  return rows.map(toItem);
}

/** What came to an end lately: jobs, registered versions, rollouts, decisions. */
async function recent(ctx: Ctx): Promise<HomeItem[]> {
  const team = ctx.actor.teamId;
  const { rows } = await ctx.db.execute<Item>(sql`
    (select 'job' as kind, j.id, j.name as title, coalesce(u.name, 'Modelworks') as detail, j.state as status, '/jobs/' || j.id as href, j.finished_at as at
      from jobs j left join users u on u.id = j.created_by where j.team_id = ${team} and j.finished_at is not null order by j.finished_at desc limit ${LIMIT})
    union all
    (select 'version', v.id, m.name || ' version ' || v.number, 'Registered', coalesce(v.gates_outcome, v.state), ${VERSION_HREF}, v.created_at
      from model_versions v join registered_models m on m.id = v.model_id where v.team_id = ${team} and v.state <> 'deleted' order by v.created_at desc limit ${LIMIT})
    union all
    (select 'rollout', x.id, 'Version ' || v.number || ' on ' || d.name, x.state_reason, x.state, '/deployments/' || d.name || '/rollouts/' || x.id, x.finished_at
      from rollouts x join deployments d on d.id = x.deployment_id join model_versions v on v.id = x.to_version_id
      where x.team_id = ${team} and x.finished_at is not null order by x.finished_at desc limit ${LIMIT})
    union all
    (select 'review', r.id, r.title, 'Asked by ' || coalesce(u.name, 'Modelworks'), r.state, '/reviews/' || r.id, r.decided_at
      from reviews r left join users u on u.id = r.requested_by where r.team_id = ${team} and r.decided_at is not null order by r.decided_at desc limit ${LIMIT})
    order by at desc limit ${LATELY}`);
  return rows.map(toItem);
}

interface FirstRow extends Record<string, unknown> {
  tokens: number;
  runs: number;
  metrics: boolean;
  experiment_id: number | null;
  run_id: string | null;
}

/** How far a new team has come: a token, a run, its first metric. */
async function firstSteps(ctx: Ctx) {
  const team = ctx.actor.teamId;
  const { rows } = await ctx.db.execute<FirstRow>(sql`
    select (select count(*)::int from api_tokens where team_id = ${team} and user_id = ${ctx.actor.userId} and job_id is null and revoked_at is null and expires_at > now()) as tokens,
      (select count(*)::int from (select 1 from runs where team_id = ${team} and lifecycle = 'active' limit 2) x) as runs, l.experiment_id, l.id as run_id,
      exists (select 1 from run_latest_metrics m where m.run_id = l.id) as metrics
    from (select 1) one left join lateral (select r.id, r.experiment_id from runs r where r.team_id = ${team} and r.lifecycle = 'active' order by r.created_at desc limit 1) l on true`);
  const row = rows[0];
  return {
    hasToken: (row?.tokens ?? 0) > 0,
    hasRun: (row?.runs ?? 0) > 0,
    /** The team has had more than its first run: the guide has done its work. */
    isSettled: (row?.runs ?? 0) > 1,
    hasMetric: row?.metrics ?? false,
    latestRun:
      row?.run_id && row.experiment_id !== null ? { id: row.run_id, experimentId: row.experiment_id } : null,
  };
}

/** The start page: what runs, what waits for me, what is unhealthy. One statement each. */
export const getHome = query(
  {
    name: "platform.home.get",
    permission: "identity.session.read",
    input: NoInput,
    summary: "What runs, what waits for me, what is unhealthy",
  },
  async ({ ctx }) => {
    const [runs, waiting, ill, ended, first] = await Promise.all([
      running(ctx),
      waitingForMe(ctx),
      unhealthy(ctx),
      recent(ctx),
      firstSteps(ctx),
    ]);
    return { running: runs, waiting, unhealthy: ill, recent: ended, first };
  },
);
