import { and, eq } from "drizzle-orm";
import { auditLog, modelCardRevisions, modelVersions } from "@/db/schema";
import { readableLoggedModels, readableRuns } from "@/server/experiments";
import { readableJobs } from "@/server/compute";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { precondition } from "@/server/core/errors";
import { mutation } from "@/server/core/verb";
import { TRIAL, bindingDigests, requestReview } from "@/server/governance";
import { boundDigestsOf } from "./evidence";
import { loadVersion } from "./load";
import type { ModelVersion } from "./load";
import { missingRequirements } from "./requirements";
import { RequestVersionReviewInput } from "./schemas";

/**
 * Everyone who had a hand in a version: registered it, edited it, its card or its contract, dispatched its job, logged its run or its
 * model. They may not decide its review.
 */
export async function authorsOf(ctx: Ctx, version: ModelVersion): Promise<string[]> {
  const editors = await ctx.db
    .selectDistinct({ id: modelCardRevisions.updatedBy })
    .from(modelCardRevisions)
    .where(eq(modelCardRevisions.versionId, version.id));
  const dispatchers = version.jobId
    ? await ctx.db
        .select({ id: readableJobs.createdBy })
        .from(readableJobs)
        .where(eq(readableJobs.id, version.jobId))
    : [];
  const trainers = version.runId
    ? await ctx.db
        .select({ id: readableRuns.userId })
        .from(readableRuns)
        .where(eq(readableRuns.id, version.runId))
    : [];
  const contractors = await ctx.db
    .selectDistinct({ id: auditLog.actorId })
    .from(auditLog)
    .where(
      and(
        eq(auditLog.subjectKind, "model_version"),
        eq(auditLog.subjectId, version.id),
        eq(auditLog.action, "registry.contract.save"),
      ),
    );
  const loggers = version.loggedModelId
    ? await ctx.db
        .select({ id: readableLoggedModels.createdBy })
        .from(readableLoggedModels)
        .where(eq(readableLoggedModels.id, version.loggedModelId))
    : [];
  const ids = [
    version.createdBy,
    version.lastEditedBy,
    ...editors.map((row) => row.id),
    ...dispatchers.map((row) => row.id),
    ...trainers.map((row) => row.id),
    ...contractors.map((row) => row.id),
    ...loggers.map((row) => row.id),
  ];
  return [...new Set(ids)].filter((id) => id !== "system");
}

/** Opens a review of a version for an environment, bound to its digests. Refused, with the list, while requirements are missing. */
export const requestVersionReview = mutation(
  {
    name: "registry.review.request",
    permission: "governance.review.request",
    input: RequestVersionReviewInput,
    summary: "Request a review of a version",
  },
  async ({ ctx, input }) => {
    const found = await loadVersion(ctx, input.name, input.version);
    await ctx.db
      .select({ id: modelVersions.id })
      .from(modelVersions)
      .where(eq(modelVersions.id, found.id))
      .for("update");
    const version = await loadVersion(ctx, input.name, input.version);
    const missing = await missingRequirements(ctx, version, input.environment);
    if (missing.length > 0 || !version.manifestDigest)
      throw precondition(
        `Version ${version.number} is not ready for a review for ${input.environment}: ${missing.map((each) => each.what).join(" ")}`,
        missing[0]?.clearedBy ?? "Wait until the version is ready",
        { missing },
      );
    const requested = await requestReview(ctx, {
      subject: {
        kind: "model_version",
        id: version.id,
        digest: version.manifestDigest,
        name: `${version.modelName} v${version.number}`,
      },
      environment: input.environment,
      rationale: input.rationale,
      ...(input.environment === TRIAL
        ? { title: `${version.modelName} v${version.number}: run its own code in a trial` }
        : {}),
      digests: bindingDigests(input.environment, await boundDigestsOf(ctx, version)),
      excludedIds: await authorsOf(ctx, version),
    });
    await audit(ctx, {
      action: "registry.review.request",
      subject: { kind: "model_version", id: version.id, label: `${version.modelName} v${version.number}` },
      after: { reviewId: requested.reviewId, environment: input.environment },
      reason: input.rationale,
    });
    return requested;
  },
);
