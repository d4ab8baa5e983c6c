import { and, asc, eq, isNull } from "drizzle-orm";
import { artifactSeals, artifacts, loggedModels } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { loadLoggedModel } from "./load";
import { readRun } from "./queries";

export type { Experiment, LoggedModel, Run } from "./load";
export type { RunDetail } from "./queries";
export * from "./artifact-verbs";
export * from "./experiment-verbs";
export { forgetTransactions } from "./forget-transactions";
export * from "./log-batch";
export * from "./log-links";
export * from "./logged-model-verbs";
export { searchLoggedModels } from "./search-logged-models";
export * from "./metric-changes";
export * from "./metric-queries";
export * from "./run-verbs";
export { getRun, searchExperiments, searchRuns } from "./queries";
export { artifactRootOfModel, artifactRootOfRun } from "./rules";
export * from "./search-attributes";
export { parseFilter, parseOrder } from "./search-filter";
export { compareText } from "./search-sql";

/** A run with all that was logged to it. @throws AppError `not_found` */
export const runOf = readRun;
/** @throws AppError `not_found` */
export const loggedModelOf = loadLoggedModel;

/** All files under an artifact folder of the caller's team. */
export const artifactsUnder = (ctx: Ctx, root: string) =>
  ctx.db
    .select({
      path: artifacts.path,
      digest: artifacts.digest,
      sizeBytes: artifacts.sizeBytes,
      mediaType: artifacts.mediaType,
      createdAt: artifacts.createdAt,
    })
    .from(artifacts)
    .where(and(eq(artifacts.root, root), eq(artifacts.teamId, ctx.actor.teamId)))
    .orderBy(asc(artifacts.path));

/** Refuses later writes to a logged model's files: a registered version refers to them. */
export async function sealLoggedModel(ctx: Ctx, modelId: string): Promise<void> {
  await ctx.db
    .update(loggedModels)
    .set({ sealedAt: ctx.now() })
    .where(
      and(
        eq(loggedModels.id, modelId),
        eq(loggedModels.teamId, ctx.actor.teamId),
        isNull(loggedModels.sealedAt),
      ),
    );
}

/** Refuses later writes in a folder of a run: a registered version refers to its files. */
export async function sealFolder(ctx: Ctx, root: string, prefix: string): Promise<void> {
  await ctx.db.insert(artifactSeals).values({ root, prefix, sealedAt: ctx.now() }).onConflictDoNothing();
}
export {
  readableExperiments,
  readableLoggedModels,
  readableRunInputs,
  readableLatestMetrics,
  readableRunParams,
  readableRuns,
} from "./readable";
