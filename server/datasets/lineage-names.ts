import { and, eq, inArray } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import {
  datasets,
  datasetVersions,
  deployments,
  jobs,
  loggedModels,
  modelVersions,
  registeredModels,
  runs,
} from "@/db/schema";
import type { Ctx } from "@/server/core/context";

export interface Name {
  label: string;
  /** Its page; null for what has none. */
  href: string | null;
  state: string | null;
}

type Names = Map<string, Name>;
type Ids = readonly string[];
type Entry = readonly [string, Name];

const own = (ctx: Ctx, column: PgColumn, team: PgColumn, ids: Ids) =>
  and(inArray(column, [...ids]), eq(team, ctx.actor.teamId));

const SOURCES: Record<string, (ctx: Ctx, ids: Ids) => Promise<Entry[]>> = {
  job: async (ctx, ids) => {
    const rows = await ctx.db
      .select({ id: jobs.id, label: jobs.name, state: jobs.state })
      .from(jobs)
      .where(own(ctx, jobs.id, jobs.teamId, ids));
    return rows.map(({ id, ...row }) => [id, { ...row, href: `/jobs/${id}` }]);
  },
  run: async (ctx, ids) => {
    const rows = await ctx.db
      .select({ id: runs.id, label: runs.name, state: runs.status, experiment: runs.experimentId })
      .from(runs)
      .where(own(ctx, runs.id, runs.teamId, ids));
    return rows.map(({ id, label, state, experiment }) => [
      id,
      { label, state: state.toLowerCase(), href: `/experiments/${experiment}/runs/${id}` },
    ]);
  },
  logged_model: async (ctx, ids) => {
    const rows = await ctx.db
      .select({ id: loggedModels.id, label: loggedModels.name })
      .from(loggedModels)
      .where(own(ctx, loggedModels.id, loggedModels.teamId, ids));
    return rows.map(({ id, label }) => [id, { label, state: null, href: null }]);
  },
  model_version: async (ctx, ids) => {
    const rows = await ctx.db
      .select({
        id: modelVersions.id,
        name: registeredModels.name,
        number: modelVersions.number,
        state: modelVersions.state,
      })
      .from(modelVersions)
      .innerJoin(registeredModels, eq(registeredModels.id, modelVersions.modelId))
      .where(own(ctx, modelVersions.id, modelVersions.teamId, ids));
    return rows.map(({ id, name, number, state }) => [
      id,
      { label: `${name} v${number}`, state, href: `/models/${encodeURIComponent(name)}/versions/${number}` },
    ]);
  },
  deployment: async (ctx, ids) => {
    const rows = await ctx.db
      .select({ id: deployments.id, label: deployments.name, retiredAt: deployments.retiredAt })
      .from(deployments)
      .where(own(ctx, deployments.id, deployments.teamId, ids));
    return rows.map(({ id, label, retiredAt }) => [
      id,
      { label, state: null, href: retiredAt ? null : `/deployments/${label}` },
    ]);
  },
  dataset_version: async (ctx, ids) => {
    const rows = await ctx.db
      .select({
        id: datasetVersions.id,
        slug: datasets.slug,
        name: datasets.name,
        number: datasetVersions.number,
      })
      .from(datasetVersions)
      .innerJoin(datasets, eq(datasets.id, datasetVersions.datasetId))
      .where(own(ctx, datasetVersions.id, datasetVersions.teamId, ids));
    return rows.map(({ id, slug, name, number }) => [
      id,
      { label: `${name} v${number}`, state: null, href: `/datasets/${slug}/versions/${number}` },
    ]);
  },
};

/** What the neighbours of a version are called and where their pages are, one statement a kind. */
export async function namesOfNeighbours(
  ctx: Ctx,
  neighbours: readonly { kind: string; id: string }[],
): Promise<Names> {
  const names: Names = new Map();
  for (const [kind, read] of Object.entries(SOURCES)) {
    const ids = neighbours.filter((each) => each.kind === kind).map((each) => each.id);
    if (ids.length === 0) continue;
    for (const [id, name] of await read(ctx, ids)) names.set(id, name);
  }
  return names;
}
