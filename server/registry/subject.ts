import { and, eq } from "drizzle-orm";
import { modelVersions } from "@/db/schema";
import { registerSubject } from "@/server/governance";
import { diffVersions, lastApproved } from "./compare";
import { boundDigestsOf } from "./evidence";
import { deploymentsOfModel } from "./hooks";
import { loadVersionById } from "./load";
import { hrefOf, missingRequirements } from "./requirements";

/** Tells governance what a model version is, so that its reviews need to know nothing of the registry. */
registerSubject("model_version", {
  describe: async (ctx, subjectId, environment) => {
    const version = await loadVersionById(ctx, subjectId);
    const before = await lastApproved(ctx, version, environment);
    return {
      name: `${version.modelName} v${version.number}`,
      href: hrefOf(version),
      comparedWith: before ? { name: `${before.modelName} v${before.number}`, href: hrefOf(before) } : null,
      diff: await diffVersions(ctx, before, version),
      affectedDeployments: await deploymentsOfModel(ctx, {
        modelId: version.modelId,
        versionId: version.id,
        environment,
      }),
      blockers: (await missingRequirements(ctx, version, environment)).filter(
        (blocker) => !blocker.href?.endsWith("#gates") || version.gatesDigest === null,
      ),
    };
  },
  currentDigests: async (ctx, subjectId) => {
    await ctx.db
      .select({ id: modelVersions.id })
      .from(modelVersions)
      .where(and(eq(modelVersions.id, subjectId), eq(modelVersions.teamId, ctx.actor.teamId)))
      .for("update");
    return boundDigestsOf(ctx, await loadVersionById(ctx, subjectId));
  },
});
