import { and, eq, isNull, ne, sql } from "drizzle-orm";
import { modelAliases, modelVersions, registeredModels } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { notFound } from "@/server/core/errors";

export type RegisteredModel = typeof registeredModels.$inferSelect;
export type ModelVersionRow = typeof modelVersions.$inferSelect;

/** A version with its model's name and the aliases that point at it. */
export interface ModelVersion extends ModelVersionRow {
  modelName: string;
  aliases: string[];
}

/** A prompt has no files; everything else does, of its own or as the one that says where it runs. */
export const hasFiles = (version: Pick<ModelVersionRow, "artifactRoot" | "endpoint">): boolean =>
  version.artifactRoot !== null || version.endpoint !== null;

/** A version that names files elsewhere is ready as far as programs wait for it; people read what it is. */
export const shownState = ({ state, reference }: Pick<ModelVersionRow, "state" | "reference">): string =>
  state === "ready" && reference !== null ? "reference" : state;

/** @throws AppError `not_found` */
export async function loadModel(ctx: Ctx, name: string): Promise<RegisteredModel> {
  const [row] = await ctx.db
    .select()
    .from(registeredModels)
    .where(
      and(
        eq(registeredModels.teamId, ctx.actor.teamId),
        eq(registeredModels.name, name),
        isNull(registeredModels.archivedAt),
      ),
    );
  if (!row) throw notFound("registered model", name);
  return row;
}

const aliasesOf = sql<string[]>`array(
  select ${modelAliases.alias} from ${modelAliases}
  where ${modelAliases.versionId} = ${modelVersions.id} order by ${modelAliases.alias})`;

const select = (ctx: Ctx) =>
  ctx.db
    .select({ version: modelVersions, modelName: registeredModels.name, aliases: aliasesOf })
    .from(modelVersions)
    .innerJoin(registeredModels, eq(registeredModels.id, modelVersions.modelId));

type Selected = Awaited<ReturnType<typeof select>>[number];

const toVersion = ({ version, modelName, aliases }: Selected): ModelVersion => ({
  ...version,
  modelName,
  aliases,
});

/** Of the caller's team, and neither deleted nor of a model that was; for queries that join both tables. */
export const visible = (ctx: Ctx) =>
  and(
    eq(modelVersions.teamId, ctx.actor.teamId),
    ne(modelVersions.state, "deleted"),
    isNull(registeredModels.archivedAt),
  );

/** @throws AppError `not_found` */
export async function loadVersion(ctx: Ctx, name: string, number: number): Promise<ModelVersion> {
  const [row] = await select(ctx).where(
    and(visible(ctx), eq(registeredModels.name, name), eq(modelVersions.number, number)),
  );
  if (!row) throw notFound("model version", `${name} ${number}`);
  return toVersion(row);
}

/** @throws AppError `not_found` */
export async function loadVersionById(ctx: Ctx, id: string): Promise<ModelVersion> {
  const [row] = await select(ctx).where(and(visible(ctx), eq(modelVersions.id, id)));
  if (!row) throw notFound("model version", id);
  return toVersion(row);
}

/** All versions of a model, newest first. */
export async function versionsOf(ctx: Ctx, modelId: string): Promise<ModelVersion[]> {
  const rows = await select(ctx)
    .where(and(visible(ctx), eq(modelVersions.modelId, modelId)))
    .orderBy(sql`${modelVersions.number} desc`);
  return rows.map(toVersion);
}

/** Versions that satisfy more conditions, in a given order. */
export async function findVersions(
  ctx: Ctx,
  conditions: ReturnType<typeof sql>[],
  order: ReturnType<typeof sql>[],
  offset: number,
  limit: number,
): Promise<ModelVersion[]> {
  const rows = await select(ctx)
    .where(and(visible(ctx), ...conditions))
    .orderBy(...order)
    .offset(offset)
    .limit(limit);
  return rows.map(toVersion);
}
