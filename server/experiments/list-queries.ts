import { and, desc, eq, ilike, sql } from "drizzle-orm";
import { z } from "zod";
import { experiments, runs } from "@/db/schema";
import { decodeCursor, PageInput, toPage } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { loadExperiment, loadRuns } from "./load";
import { orderedRuns } from "./ordered-runs";
import { detailsOf } from "./queries";
import { ListRunsInput } from "./schemas";
import { parseFilter, parseOrder } from "./search-filter";
import { runConditions } from "./search-sql";

const ByUpdate = z.tuple([z.number(), z.number()]);

/** The team's experiments, last used first; deleted runs do not count. */
export const listExperiments = query(
  {
    name: "experiments.experiment.list",
    permission: "experiments.run.read",
    input: PageInput.extend({ q: z.string().max(200).default("") }),
    summary: "List experiments",
  },
  async ({ ctx, input }) => {
    const after = decodeCursor(input.cursor, ByUpdate);
    const lastRunMs = sql<number>`coalesce((select max(start_ms) from runs where runs.experiment_id = "experiments"."id" and runs.lifecycle = 'active'), (extract(epoch from "experiments"."created_at") * 1000)::bigint)::float8`;
    const rows = await ctx.db
      .select({
        id: experiments.id,
        name: experiments.name,
        createdAt: experiments.createdAt,
        lastRunMs,
        runCount: sql<number>`(select count(*)::int from runs where runs.experiment_id = "experiments"."id" and runs.lifecycle = 'active')`,
        runningCount: sql<number>`(select count(*)::int from runs where runs.experiment_id = "experiments"."id" and runs.status = 'RUNNING' and runs.lifecycle = 'active')`,
      })
      .from(experiments)
      .where(
        and(
          eq(experiments.teamId, ctx.actor.teamId),
          eq(experiments.lifecycle, "active"),
          input.q ? ilike(experiments.name, `%${input.q.replace(/[\\%_]/g, "\\$&")}%`) : undefined,
          after ? sql`(${lastRunMs}, ${experiments.id}) < (${after[0]}, ${after[1]})` : undefined,
        ),
      )
      .orderBy(desc(lastRunMs), desc(experiments.id))
      .limit(input.limit + 1);
    return toPage(rows, input.limit, (row) => [row.lastRunMs, row.id]);
  },
);

/** Runs of one experiment, newest first or in any order of the search grammar. */
export const listRuns = query(
  {
    name: "experiments.run.list",
    permission: "experiments.run.read",
    input: ListRunsInput,
    summary: "List runs of an experiment",
  },
  async ({ ctx, input }) => {
    const experiment = await loadExperiment(ctx, input.experimentId);
    const conditions = and(eq(runs.lifecycle, "active"), runConditions(parseFilter(input.filter)));
    const terms = [input.groupBy, input.orderBy]
      .filter((term) => term !== "")
      .map((term) => parseOrder(term));
    const page = await orderedRuns(ctx.db, { experimentIds: [experiment.id], conditions }, terms, input);
    return { items: await detailsOf(ctx, await loadRuns(ctx, page.ids)), nextCursor: page.nextCursor };
  },
);
