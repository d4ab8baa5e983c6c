import { and, eq, inArray, sql } from "drizzle-orm";
import { loggedModels, runs } from "@/db/schema";
import { findable, namedBy } from "@/server/kit/finders";
import { experimentHref, runHref } from "./kinds";

findable("experiment", {
  at: 3,

  newestBy: "updated_at",
  href: (row) => experimentHref(row.id),
  select: ({
    team,
    exact,
    any,
  }) => sql`select id::text as id, name as label, null::text as detail, case when lifecycle = 'active' then 'active' else 'archived' end as status, null::text as parent, null::int as number, created_by as owner from experiments
    where team_id = ${team} and lifecycle = 'active' and (name ilike ${any} or id::text = ${exact})`,
});
findable("run", {
  at: 4,

  newestBy: "created_at",
  href: (row) => runHref(row.parent ?? "", row.id),
  select: ({
    team,
    any,
    begin,
  }) => sql`select id, name as label, null::text as detail, lower(status) as status, experiment_id::text as parent, null::int as number, user_id as owner from runs
    where team_id = ${team} and lifecycle = 'active' and (name ilike ${any} or id like ${begin})`,
});

namedBy("run", async (ctx, ids) => {
  const rows = await ctx.db
    .select({ id: runs.id, label: runs.name, state: runs.status, experiment: runs.experimentId })
    .from(runs)
    .where(and(inArray(runs.id, [...ids]), eq(runs.teamId, ctx.actor.teamId)));
  return rows.map(({ id, label, state, experiment }) => [
    id,
    { label, state: state.toLowerCase(), href: runHref(experiment, id) },
  ]);
});

namedBy("logged_model", async (ctx, ids) => {
  const rows = await ctx.db
    .select({ id: loggedModels.id, label: loggedModels.name })
    .from(loggedModels)
    .where(and(inArray(loggedModels.id, [...ids]), eq(loggedModels.teamId, ctx.actor.teamId)));
  return rows.map(({ id, label }) => [id, { label, state: null, href: null }]);
});
