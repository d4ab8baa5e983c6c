import { sql } from "drizzle-orm";
import { NoInput, query } from "@/server/core/verb";

interface ProcessRow extends Record<string, unknown> {
  id: string;
  kind: string;
  host: string;
  pid: number;
  version: string;
  started_at: string;
  seen_at: string;
  info: Record<string, unknown>;
  silent_seconds: number;
}

interface CountRow extends Record<string, unknown> {
  people: number;
  disabled: number;
  teams: number;
  quota_requests: number;
  dead_letters: number;
  pending_work: number;
}

interface QueueRow extends Record<string, unknown> {
  team_id: string;
  team: string;
  queued: number;
  preparing: number;
  running: number;
  oldest_queued_at: string | null;
}

interface JobRow extends Record<string, unknown> {
  id: string;
  name: string;
  team: string;
  state: string;
  reason: string;
  reason_text: string;
  owner: string | null;
  cpu_milli: number;
  memory_bytes: string;
  created_at: string;
  started_at: string | null;
}

/** A heartbeat comes every 2 s; after this silence a process counts as gone. */
const SILENT_SECONDS = 10;

/** The whole factory at a glance: processes, queues and running jobs of all teams, and what is counted. Platform administrators only. */
export const getConsole = query(
  {
    name: "platform.console.get",
    permission: "platform.console.read",
    input: NoInput,
    summary: "Processes, queues and counts across all teams",
  },
  async ({ ctx }) => {
    const { rows: processes } = await ctx.db.execute<ProcessRow>(sql`
      select id, kind, host, pid, version, started_at, seen_at, info, extract(epoch from now() - seen_at)::float8 as silent_seconds
      from processes where seen_at > now() - interval '1 day' order by kind, started_at desc limit 200`);
    const { rows: counts } = await ctx.db.execute<CountRow>(sql`
      select (select count(*)::int from users where disabled_at is null) as people, (select count(*)::int from users where disabled_at is not null) as disabled,
        (select count(*)::int from teams) as teams, (select count(*)::int from quota_requests where state = 'open') as quota_requests,
        (select count(*)::int from outbox_deliveries where state = 'dead') as dead_letters,
        (select count(*)::int from outbox_deliveries where state = 'pending') as pending_work`);
    const { rows: queues } = await ctx.db.execute<QueueRow>(sql`
      select t.id as team_id, t.name as team, count(*) filter (where j.state = 'queued')::int as queued, count(*) filter (where j.state = 'preparing')::int as preparing,
        count(*) filter (where j.state = 'running')::int as running, min(j.created_at) filter (where j.state = 'queued') as oldest_queued_at
      from jobs j join teams t on t.id = j.team_id where j.state in ('queued', 'preparing', 'running') group by t.id, t.name order by 5 desc, 4 desc, 3 desc`);
    const { rows: jobs } = await ctx.db.execute<JobRow>(sql`
      select j.id, j.name, t.name as team, j.state, j.reason, j.reason_text, u.name as owner, j.cpu_milli, j.memory_bytes, j.created_at, j.started_at
      from jobs j join teams t on t.id = j.team_id left join users u on u.id = j.created_by
      where j.state in ('queued', 'preparing', 'running') order by j.started_at nulls last, j.created_at limit 100`);
    const date = (value: string | null) => (value === null ? null : new Date(value));
    return {
      processes: processes.map((row) => ({
        id: row.id,
        kind: row.kind,
        host: row.host,
        pid: row.pid,
        version: row.version,
        startedAt: new Date(row.started_at),
        seenAt: new Date(row.seen_at),
        isAlive: row.silent_seconds < SILENT_SECONDS,
        info: row.info,
      })),
      counts: {
        people: counts[0]?.people ?? 0,
        disabled: counts[0]?.disabled ?? 0,
        teams: counts[0]?.teams ?? 0,
        quotaRequests: counts[0]?.quota_requests ?? 0,
        deadLetters: counts[0]?.dead_letters ?? 0,
        pendingWork: counts[0]?.pending_work ?? 0,
      },
      queues: queues.map((row) => ({
        teamId: row.team_id,
        team: row.team,
        queued: row.queued,
        preparing: row.preparing,
        running: row.running,
        oldestQueuedAt: date(row.oldest_queued_at),
      })),
      jobs: jobs.map((row) => ({
        id: row.id,
        name: row.name,
        team: row.team,
        state: row.state,
        reason: row.reason,
        reasonText: row.reason_text,
        owner: row.owner,
        cpuMilli: row.cpu_milli,
        memoryBytes: Number(row.memory_bytes),
        createdAt: new Date(row.created_at),
        startedAt: date(row.started_at),
      })),
    };
  },
);
