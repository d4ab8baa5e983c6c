import { and, desc, eq, ilike, inArray, or, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { jobAttempts, jobs } from "@/db/schema";
import { people } from "@/server/identity";
import type { Ctx } from "@/server/core/context";
import { decodeCursor, toPage } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { teamQueue } from "./queue";
import { ListJobsInput, type JobState } from "./schemas";

const Cursor = z.tuple([z.string(), z.string()]);

const escaped = (text: string) => text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`);

const COLUMNS = {
  id: jobs.id,
  name: jobs.name,
  template: jobs.template,
  state: sql<JobState>`${jobs.state}`,
  reason: jobs.reason,
  reasonText: jobs.reasonText,
  cpuMilli: jobs.cpuMilli,
  memoryBytes: jobs.memoryBytes,
  gpuFlavor: jobs.gpuFlavor,
  gpuMilli: jobs.gpuMilli,
  priority: jobs.priority,
  attemptCount: jobs.attemptCount,
  maxAttempts: jobs.maxAttempts,
  createdBy: jobs.createdBy,
  ownerName: sql<string>`coalesce(${people.name}, 'Modelworks')`,
  createdAt: jobs.createdAt,
  startedAt: jobs.startedAt,
  finishedAt: jobs.finishedAt,
  cancelRequestedAt: jobs.cancelRequestedAt,
};

/** The creation time as the database holds it, so that the cursor is exact. */
const createdKey = sql<string>`${jobs.createdAt}::text`;

/** In one statement: how many jobs the filter matches, how many there are in each state, and the templates they were made from. */
async function facetsOf(ctx: Ctx, filter: SQL | undefined) {
  const rows = await ctx.db
    .select({
      state: jobs.state,
      template: sql<string | null>`split_part(${jobs.template}, '@', 1)`,
      count: sql<number>`count(*)`.mapWith(Number),
      matching: sql<number>`count(*) filter (where ${filter})`.mapWith(Number),
    })
    .from(jobs)
    .where(eq(jobs.teamId, ctx.actor.teamId))
    .groupBy(sql`1, 2`);
  const counts: Record<string, number> = {};
  for (const { state, count } of rows) counts[state] = (counts[state] ?? 0) + count;
  return {
    total: rows.reduce((sum, row) => sum + row.matching, 0),
    counts,
    templates: [...new Set(rows.flatMap(({ template }) => template ?? []))].toSorted(),
  };
}

/** The team's jobs, newest first, with the queue position of those that wait. */
export const listJobs = query(
  {
    name: "compute.job.list",
    permission: "compute.job.read",
    input: ListJobsInput,
    summary: "List jobs",
  },
  async ({ ctx, input }) => {
    const cursor = decodeCursor(input.cursor, Cursor);
    const filter = and(
      eq(jobs.teamId, ctx.actor.teamId),
      input.q ? or(ilike(jobs.name, `%${escaped(input.q)}%`), eq(jobs.id, input.q)) : undefined,
      input.states.length > 0 ? inArray(jobs.state, input.states) : undefined,
      input.templates.length > 0
        ? inArray(sql`split_part(${jobs.template}, '@', 1)`, input.templates)
        : undefined,
      input.mine ? eq(jobs.createdBy, ctx.actor.userId) : undefined,
    );
    const rows = await ctx.db
      .select({ ...COLUMNS, key: createdKey })
      .from(jobs)
      .leftJoin(people, eq(people.id, jobs.createdBy))
      .where(
        and(
          filter,
          cursor
            ? sql`(${jobs.createdAt}, ${jobs.id}) < (${cursor[0]}::timestamptz, ${cursor[1]})`
            : undefined,
        ),
      )
      .orderBy(desc(jobs.createdAt), desc(jobs.id))
      .limit(input.limit + 1);
    const page = toPage(rows, input.limit, (row) => [row.key, row.id]);
    const queue = page.items.some((row) => row.state === "queued") ? await teamQueue(ctx) : undefined;
    return {
      items: page.items.map(({ key: _key, ...row }) => ({
        ...row,
        position: queue?.standings.get(row.id)?.position ?? null,
      })),
      nextCursor: page.nextCursor,
      ...(await facetsOf(ctx, filter)),
    };
  },
);

/** Names of people by id, for pages. */
export async function namesOf(ctx: Ctx, ids: readonly (string | null)[]): Promise<Map<string, string>> {
  const wanted = [...new Set(ids.filter((id) => id !== null))];
  if (wanted.length === 0) return new Map();
  const rows = await ctx.db
    .select({ id: people.id, name: people.name })
    .from(people)
    .where(inArray(people.id, wanted));
  return new Map(rows.map((row) => [row.id, row.name]));
}

/** The attempt of a number, or the newest. */
export async function attemptOf(ctx: Ctx, jobId: string, number: number | undefined) {
  const [row] = await ctx.db
    .select()
    .from(jobAttempts)
    .where(and(eq(jobAttempts.jobId, jobId), number ? eq(jobAttempts.number, number) : undefined))
    .orderBy(desc(jobAttempts.number))
    .limit(1);
  return row;
}
