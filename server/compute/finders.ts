import { and, eq, inArray, sql } from "drizzle-orm";
import { jobs } from "@/db/schema";
import { findable, namedBy } from "@/server/kit/finders";
import { jobHref } from "./kinds";

findable("job", {
  at: 2,

  newestBy: "created_at",
  href: (row) => jobHref(row.id),
  select: ({
    team,
    any,
    begin,
  }) => sql`select id, name as label, template as detail, state as status, null::text as parent, null::int as number, created_by as owner from jobs
    where team_id = ${team} and (name ilike ${any} or id like ${begin})`,
});

namedBy("job", async (ctx, ids) => {
  const rows = await ctx.db
    .select({ id: jobs.id, label: jobs.name, state: jobs.state })
    .from(jobs)
    .where(and(inArray(jobs.id, [...ids]), eq(jobs.teamId, ctx.actor.teamId)));
  return rows.map(({ id, ...row }) => [id, { ...row, href: jobHref(id) }]);
});
