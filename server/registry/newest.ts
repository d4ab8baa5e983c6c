import { and, eq, inArray, ne, sql } from "drizzle-orm";
import { modelAliases, modelVersions } from "@/db/schema";
import { people } from "@/server/identity";
import { talliesFor } from "@/server/governance";
import type { Ctx } from "@/server/core/context";
import { groupBy } from "@/server/core/group-by";
import { query } from "@/server/core/verb";
import { findVersions, loadModel, type ModelVersion, type RegisteredModel } from "./load";
import { LatestVersionsInput, ModelNameInput } from "./schemas";

const READ = "registry.model.read" as const;

/** The newest version of each model with its creator's name, and how many versions the model has; one statement, one row a model. */
export async function newestVersions(ctx: Ctx, modelIds: readonly string[]) {
  if (modelIds.length === 0) return new Map<string, never>();
  const newest = ctx.db
    .select({
      modelId: modelVersions.modelId,
      number: sql<number>`max(${modelVersions.number})`.as("newest_number"),
      count: sql<number>`count(*)::int`.as("version_count"),
    })
    .from(modelVersions)
    .where(and(inArray(modelVersions.modelId, [...modelIds]), ne(modelVersions.state, "deleted")))
    .groupBy(modelVersions.modelId)
    .as("newest");
  const rows = await ctx.db
    .select({
      modelId: modelVersions.modelId,
      count: newest.count,
      version: {
        id: modelVersions.id,
        number: modelVersions.number,
        state: sql<string>`case when ${modelVersions.state} = 'ready' and ${modelVersions.reference} is not null then 'reference' else ${modelVersions.state} end`,
        stateText: modelVersions.stateText,
        gatesOutcome: modelVersions.gatesOutcome,
        createdAt: modelVersions.createdAt,
        createdBy: sql<string>`coalesce(${people.name}, ${modelVersions.createdBy})`,
        runId: modelVersions.runId,
      },
      tally: talliesFor("model_version", modelVersions.id),
    })
    .from(newest)
    .innerJoin(
      modelVersions,
      and(eq(modelVersions.modelId, newest.modelId), eq(modelVersions.number, newest.number)),
    )
    .leftJoin(people, eq(people.id, modelVersions.createdBy));
  return new Map(rows.map((row) => [row.modelId, row]));
}

/** The aliases of each model, those of newer versions first. */
export async function aliasesOfModels(ctx: Ctx, modelIds: readonly string[]) {
  if (modelIds.length === 0) return new Map<string, never>();
  const rows = await ctx.db
    .select({ modelId: modelAliases.modelId, alias: modelAliases.alias, number: modelVersions.number })
    .from(modelAliases)
    .innerJoin(modelVersions, eq(modelVersions.id, modelAliases.versionId))
    .where(and(inArray(modelAliases.modelId, [...modelIds]), ne(modelVersions.state, "deleted")))
    .orderBy(sql`${modelVersions.number} desc`, modelAliases.alias);
  return groupBy(rows, (row) => row.modelId);
}

/** The newest ready version of each stage, newest first. */
async function newestOfStages(ctx: Ctx, model: RegisteredModel): Promise<ModelVersion[]> {
  return findVersions(
    ctx,
    [
      sql`${modelVersions.modelId} = ${model.id}`,
      sql`${modelVersions.number} in (select max(v.number) from model_versions v where v.model_id = ${model.id} and v.state = 'ready' group by v.stage)`,
    ],
    [sql`${modelVersions.number} desc`],
    0,
    100,
  );
}

/** The newest ready version of each stage that was asked for (of every stage when none was). */
export const latestVersions = query(
  {
    name: "registry.version.latest",
    permission: READ,
    input: LatestVersionsInput,
    summary: "Newest version per stage",
  },
  async ({ ctx, input }) => {
    const wanted = new Set(input.stages.map((stage) => stage.toLowerCase()));
    const newest = await newestOfStages(ctx, await loadModel(ctx, input.name));
    return newest.filter((version) => wanted.size === 0 || wanted.has(version.stage.toLowerCase()));
  },
);

/** A model with its aliases and the newest ready version of each stage. */
export const modelSummary = query(
  { name: "registry.model.summary", permission: READ, input: ModelNameInput, summary: "A model in short" },
  async ({ ctx, input }) => {
    const model = await loadModel(ctx, input.name);
    const [latest, aliases] = [await newestOfStages(ctx, model), await aliasesOfModels(ctx, [model.id])];
    return { ...model, latestVersions: latest, aliases: aliases.get(model.id) ?? [] };
  },
);
