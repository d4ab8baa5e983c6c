import { and, eq, ne, sql } from "drizzle-orm";
import { modelVersions } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { invalidField } from "@/server/core/errors";
import { notifyLive } from "@/server/core/live";
import { mutation } from "@/server/core/verb";
import { loadModel, loadVersion, loadVersionById, type ModelVersion } from "./load";
import { gateOfStage, protectionOf, requireAdmitted } from "./protection";
import type { Protection } from "./rules";
import { modelChanged } from "./version-parts";
import { TransitionStageInput } from "./schemas";
import { modelTopic, versionTopic } from "./kinds";

/** Versions in a stage, newest first: clients that load by stage get the first. */
const inStage = (ctx: Ctx, modelId: string, stage: string, except: string) =>
  ctx.db
    .select({ id: modelVersions.id, number: modelVersions.number })
    .from(modelVersions)
    .where(
      and(
        eq(modelVersions.modelId, modelId),
        eq(modelVersions.stage, stage),
        ne(modelVersions.id, except),
        ne(modelVersions.state, "deleted"),
      ),
    )
    .orderBy(sql`${modelVersions.number} desc`);

/** Taking a version out of a protected stage must not hand the stage to an older one that is not admitted (any more). */
async function requireHeirAdmitted(ctx: Ctx, version: ModelVersion, protection: Protection): Promise<void> {
  const environment = gateOfStage(protection, version.stage);
  if (environment === null) return;
  const others = await inStage(ctx, version.modelId, version.stage, version.id);
  const [heir] = others;
  if (!heir || heir.number > version.number) return;
  await requireAdmitted(ctx, await loadVersionById(ctx, heir.id), `Stage ${version.stage}`, environment);
}

async function archiveOthers(ctx: Ctx, version: ModelVersion, stage: string): Promise<number[]> {
  const others = await inStage(ctx, version.modelId, stage, version.id);
  for (const other of others)
    await ctx.db
      .update(modelVersions)
      .set({ stage: "Archived", updatedAt: ctx.now() })
      .where(eq(modelVersions.id, other.id));
  return others.map(({ number }) => number);
}

/**
 * MLflow's old stages, for pipelines that still use them. Where the model is protected, `Staging` and `Production` are a label that only a
 * version gets which that environment admits; what answers requests is a deployment's matter.
 */
export const transitionStage = mutation(
  {
    name: "registry.version.transition-stage",
    permission: "registry.model.write",
    input: TransitionStageInput,
    summary: "Set a version's stage",
  },
  async ({ ctx, input }) => {
    if (input.archiveExistingVersions && input.stage !== "Staging" && input.stage !== "Production") {
      throw invalidField("archive_existing_versions", "is for the stages Staging and Production only");
    }
    const model = await loadModel(ctx, input.name);
    // Two moves of one model's stages happen one after the other.
    await ctx.db.execute(sql`select 1 from registered_models where id = ${model.id} for update`);
    const before = await loadVersion(ctx, input.name, input.version);
    const protection = await protectionOf(ctx, model);
    const environment = gateOfStage(protection, input.stage);
    if (environment !== null) await requireAdmitted(ctx, before, `Stage ${input.stage}`, environment);
    if (before.stage !== input.stage) await requireHeirAdmitted(ctx, before, protection);
    await ctx.db
      .update(modelVersions)
      .set({ stage: input.stage, lastEditedBy: ctx.actor.userId, updatedAt: ctx.now() })
      .where(eq(modelVersions.id, before.id));
    await modelChanged(ctx, model.id);
    const archived = input.archiveExistingVersions ? await archiveOthers(ctx, before, input.stage) : [];
    await notifyLive(ctx.db, ctx.actor.teamId, modelTopic(model.id), versionTopic(before.id));
    await audit(ctx, {
      action: "registry.version.transition-stage",
      subject: { kind: "model_version", id: before.id, label: `${before.modelName} ${before.number}` },
      before: { stage: before.stage },
      after: { stage: input.stage, ...(archived.length > 0 ? { archivedVersions: archived } : {}) },
    });
    return loadVersionById(ctx, before.id);
  },
);
