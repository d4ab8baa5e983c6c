import { and, eq, ne } from "drizzle-orm";
import { modelVersions, registeredModels } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import type { ModelVersion } from "./load";

export const WRITE = "registry.model.write" as const;

export const subject = (version: ModelVersion) => ({
  kind: "model_version",
  id: version.id,
  label: `${version.modelName} ${version.number}`,
});

/** Tags that carry the portal's own facts; clients may read but not write them. */
export const RESERVED = /^modelworks\.(state|review|gates)/;

/** Notes that a deployment took a version; called by serving, in its transaction, after the evidence was checked. */
export async function markStage(ctx: Ctx, versionId: string, stage: "Staging" | "Production"): Promise<void> {
  await ctx.db
    .update(modelVersions)
    .set({ stage })
    .where(
      and(
        eq(modelVersions.id, versionId),
        eq(modelVersions.teamId, ctx.actor.teamId),
        ne(modelVersions.stage, "Production"),
      ),
    );
}

/** A model changes with its versions: lists by last change have it first. */
export const modelChanged = (ctx: Ctx, modelId: string) =>
  ctx.db.update(registeredModels).set({ updatedAt: ctx.now() }).where(eq(registeredModels.id, modelId));

export const NOTES = "none: tags are working notes of the version" as const;
