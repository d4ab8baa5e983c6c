import { and, eq, inArray, sql } from "drizzle-orm";
import { modelVersions, registeredModels } from "@/db/schema";
import { findable, namedBy } from "@/server/kit/finders";
import { modelHref, versionHref } from "./kinds";

findable("model", {
  at: 5,

  newestBy: "updated_at",
  href: (row) => modelHref(row.label),
  select: ({ team, any, begin }) => sql`select id, name as label, description as detail,
      (select n.state from model_versions n where n.model_id = registered_models.id and n.state <> 'deleted' order by n.number desc limit 1) as status, null::text as parent, null::int as number, owner_id as owner from registered_models
    where team_id = ${team} and archived_at is null and (name ilike ${any} or id like ${begin})`,
});
findable("version", {
  at: 6,

  newestBy: "v.created_at",
  href: (row) => versionHref(row.parent ?? "", row.number ?? 0),
  select: ({
    team,
    any,
    begin,
  }) => sql`select v.id, m.name || ' version ' || v.number as label, case v.gates_outcome when 'pass' then 'gates pass' when 'fail' then 'gates fail' when 'indeterminate' then 'gates undecided' when 'error' then 'gates not judged' end as detail, v.state as status, m.name as parent, v.number, v.created_by as owner
    from model_versions v join registered_models m on m.id = v.model_id
    where v.team_id = ${team} and v.state <> 'deleted'
      and (m.name || ' version ' || v.number ilike ${any} or v.id like ${begin} or v.manifest_digest like ${begin})`,
});

namedBy("model_version", async (ctx, ids) => {
  const rows = await ctx.db
    .select({
      id: modelVersions.id,
      name: registeredModels.name,
      number: modelVersions.number,
      state: modelVersions.state,
    })
    .from(modelVersions)
    .innerJoin(registeredModels, eq(registeredModels.id, modelVersions.modelId))
    .where(and(inArray(modelVersions.id, [...ids]), eq(modelVersions.teamId, ctx.actor.teamId)));
  return rows.map(({ id, name, number, state }) => [
    id,
    { label: `${name} v${number}`, state, href: versionHref(name, number) },
  ]);
});
