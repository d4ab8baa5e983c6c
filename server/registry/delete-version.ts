import { eq, sql } from "drizzle-orm";
import { modelAliases, modelVersions } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { precondition } from "@/server/core/errors";
import { notifyLive } from "@/server/core/live";
import { mutation } from "@/server/core/verb";
import { voidReviewsOfGone } from "@/server/governance";
import { loadModel, loadVersion } from "./load";
import { carriedBy, protectionOf, requireFree } from "./protection";
import { VersionInput } from "./schemas";
import { modelTopic, modelsTopic } from "./kinds";
import { WRITE, modelChanged, subject } from "./version-parts";

/** Hides a version; its number is never used again. Refused while it serves traffic or carries a protected alias or stage. */
export const deleteVersion = mutation(
  {
    name: "registry.version.delete",
    permission: WRITE,
    input: VersionInput,
    summary: "Delete a model version",
  },
  async ({ ctx, input }) => {
    const before = await loadVersion(ctx, input.name, input.version);
    const { rows } = await ctx.db.execute<{ name: string }>(
      sql`select d.name from deployments d left join rollouts r on r.deployment_id = d.id and r.finished_at is null
          where d.retired_at is null and (d.stable_version_id = ${before.id} or r.to_version_id = ${before.id}) limit 1`,
    );
    if (rows[0])
      throw precondition(
        `Deployment ${rows[0].name} serves this version.`,
        "Move its traffic to another version first.",
      );
    const model = await loadModel(ctx, input.name);
    const carried = await carriedBy(ctx, model.id, await protectionOf(ctx, model), before.id);
    requireFree(model, carried, `version ${before.number} cannot be deleted`);
    await voidReviewsOfGone(ctx, {
      subjectKind: "model_version",
      subjectIds: [before.id],
      reason: "The version was deleted.",
    });
    await ctx.db.delete(modelAliases).where(eq(modelAliases.versionId, before.id));
    await ctx.db
      .update(modelVersions)
      .set({ state: "deleted", updatedAt: ctx.now() })
      .where(eq(modelVersions.id, before.id));
    await modelChanged(ctx, model.id);
    await notifyLive(ctx.db, ctx.actor.teamId, modelsTopic, modelTopic(before.modelId));
    await audit(ctx, {
      action: "registry.version.delete",
      subject: subject(before),
      before: { state: before.state },
    });
    return {};
  },
);
