import { and, eq, inArray, sql } from "drizzle-orm";
import { deployments } from "@/db/schema";
import { findable, namedBy } from "@/server/kit/finders";
import { deploymentHref } from "./kinds";

findable("deployment", {
  at: 7,

  newestBy: "updated_at",
  href: (row) => deploymentHref(row.label),
  select: ({
    team,
    any,
    begin,
  }) => sql`select id, name as label, environment as detail, case when stable_version_id is null then 'inactive' else 'active' end as status, null::text as parent, null::int as number, owner_id as owner from deployments
    where team_id = ${team} and retired_at is null and (name ilike ${any} or id like ${begin})`,
});

namedBy("deployment", async (ctx, ids) => {
  const rows = await ctx.db
    .select({ id: deployments.id, label: deployments.name, retiredAt: deployments.retiredAt })
    .from(deployments)
    .where(and(inArray(deployments.id, [...ids]), eq(deployments.teamId, ctx.actor.teamId)));
  return rows.map(({ id, label, retiredAt }) => [
    id,
    { label, state: null, href: retiredAt ? null : deploymentHref(label) },
  ]);
});
