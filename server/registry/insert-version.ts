import { eq, sql } from "drizzle-orm";
import { lineageEdges, modelVersions } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import type { runOf } from "@/server/experiments";
import { loadVersionById, type ModelVersion, type RegisteredModel } from "./load";
import { modelTopic, modelsTopic } from "./kinds";
import { modelChanged } from "./version-parts";

/** The row lock makes concurrent registrations take their numbers one after another. */
async function nextNumber(ctx: Ctx, modelId: string): Promise<number> {
  await ctx.db.execute(sql`select 1 from registered_models where id = ${modelId} for update`);
  const [highest] = await ctx.db
    .select({ number: sql<number>`coalesce(max(${modelVersions.number}), 0)::int` })
    .from(modelVersions)
    .where(eq(modelVersions.modelId, modelId));
  return (highest?.number ?? 0) + 1;
}

interface Origin {
  run: Awaited<ReturnType<typeof runOf>> | undefined;
  /** What the run has to do with the version. */
  relation: "registered" | "evaluated";
  /** Prompts are not: nothing of them is loaded or served. */
  isJudged: boolean;
}

type Given = Pick<
  typeof modelVersions.$inferInsert,
  | "artifactRoot"
  | "contract"
  | "contractDigest"
  | "description"
  | "endpoint"
  | "loggedModelId"
  | "manifestDigest"
  | "reference"
  | "source"
  | "state"
  | "stateText"
  | "tags"
  | "weightsDigest"
  | "weightsPath"
>;

/** Gives a model its next version, where it came from, and tells who judges and watches; in the caller's transaction. */
export async function insertVersion(
  ctx: Ctx,
  model: RegisteredModel,
  { run, relation, isJudged }: Origin,
  given: Given,
): Promise<ModelVersion> {
  const id = newId("version");
  const { teamId, userId, jobId } = ctx.actor;
  await ctx.db.insert(modelVersions).values({
    ...given,
    id,
    teamId,
    modelId: model.id,
    number: await nextNumber(ctx, model.id),
    runId: run?.id ?? null,
    jobId: run?.jobId ?? jobId ?? null,
    codeCommit: run?.tags.find((tag) => tag.key === "mlflow.source.git.commit")?.value ?? null,
    createdBy: userId,
    lastEditedBy: userId,
  });
  if (run)
    await ctx.db
      .insert(lineageEdges)
      .values({
        teamId: run.teamId,
        fromKind: "run",
        fromId: run.id,
        toKind: "model_version",
        toId: id,
        relation,
      })
      .onConflictDoNothing();
  await modelChanged(ctx, model.id);
  if (isJudged)
    await emit(ctx, { type: "registry.version_registered", payload: { modelId: model.id, versionId: id } });
  await notifyLive(ctx.db, teamId, modelsTopic, modelTopic(model.id));
  return loadVersionById(ctx, id);
}
