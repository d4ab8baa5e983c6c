import { and, eq, inArray, sql } from "drizzle-orm";
import { datasets, datasetVersions } from "@/db/schema";
import { findable, namedBy } from "@/server/kit/finders";
import { datasetHref, datasetVersionHref } from "./kinds";

findable("dataset", {
  at: 1,

  newestBy: "updated_at",
  href: (row) => datasetHref(row.parent ?? ""),
  select: ({
    team,
    any,
    begin,
  }) => sql`select id, name as label, slug as detail, case when archived_at is null then 'active' else 'archived' end as status, slug as parent, null::int as number, owner_id as owner from datasets
    where team_id = ${team} and archived_at is null and (name ilike ${any} or slug ilike ${any} or id like ${begin})`,
});

namedBy("dataset_version", async (ctx, ids) => {
  const rows = await ctx.db
    .select({
      id: datasetVersions.id,
      slug: datasets.slug,
      name: datasets.name,
      number: datasetVersions.number,
    })
    .from(datasetVersions)
    .innerJoin(datasets, eq(datasets.id, datasetVersions.datasetId))
    .where(and(inArray(datasetVersions.id, [...ids]), eq(datasetVersions.teamId, ctx.actor.teamId)));
  return rows.map(({ id, slug, name, number }) => [
    id,
    { label: `${name} v${number}`, state: null, href: datasetVersionHref(slug, number) },
  ]);
});
