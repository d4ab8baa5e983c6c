import { and, eq, inArray, ne, sql } from "drizzle-orm";
import { modelAliases, modelVersions } from "@/db/schema";
import {
  artifactRootOfModel,
  artifactRootOfRun,
  loggedModelOf,
  runOf,
  sealFolder,
  sealLoggedModel,
} from "@/server/experiments";
import { parseArtifactAddress } from "@/server/experiments/rules";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { invalidField, precondition } from "@/server/core/errors";
import { notifyLive } from "@/server/core/live";
import { mutation, query } from "@/server/core/verb";
import { voidReviewsOfGone } from "@/server/governance";
import { insertVersion } from "./insert-version";
import { loadModel, loadVersion, loadVersionById, type ModelVersion } from "./load";
import { carriedBy, protectionOf, requireFree } from "./protection";
import {
  CreateVersionInput,
  UpdateVersionInput,
  VersionInput,
  VersionTagInput,
  VersionTagKeyInput,
} from "./schemas";
import { modelTopic, modelsTopic } from "./kinds";

const WRITE = "registry.model.write" as const;
const subject = (version: ModelVersion) => ({
  kind: "model_version",
  id: version.id,
  label: `${version.modelName} ${version.number}`,
});

interface Source {
  artifactRoot: string | null;
  runId: string | null;
  loggedModelId: string | null;
}

const PROMPT_TAG = "mlflow.prompt.is_prompt";
/** Tags that carry the portal's own facts; clients may read but not write them. */
const RESERVED = /^modelworks\.(state|review|gates)/;

/** The files of a version that is there already, which a copy shares; it is sealed, scanned and judged by itself. */
async function sourceOfVersion(ctx: Ctx, name: string, number: number): Promise<Source> {
  const { artifactRoot, runId, loggedModelId } = await loadVersion(ctx, name, number);
  if (artifactRoot === null)
    throw invalidField(
      "source",
      `"models:/${name}/${number}" has no files of its own, so it cannot be copied`,
    );
  return { artifactRoot, runId, loggedModelId };
}

/** What the source tells of its run stands; another one that is named must not be left out in silence. */
async function resolveSource(ctx: Ctx, input: Parameters<typeof sourceNamed>[1]): Promise<Source> {
  const source = await sourceNamed(ctx, input);
  if (input.runId && input.runId !== source.runId)
    throw invalidField(
      "runId",
      `"${input.runId}" is not the run that made this model, which ${source.runId === null ? "was logged without one" : `is ${source.runId}`}`,
      "Leave the run out, or name the run that made the model.",
    );
  return source;
}

/** Finds the files that a source names: a logged model, another version, or a folder of a run. */
async function sourceNamed(
  ctx: Ctx,
  input: { source: string; runId?: string | null; loggedModelId?: string | null },
): Promise<Source> {
  const modelId =
    input.loggedModelId ||
    /^models:\/(m-[0-9a-f]{32})$/.exec(input.source)?.[1] ||
    /\/models\/(m-[0-9a-f]{32})\/artifacts/.exec(input.source)?.[1];
  if (modelId) {
    const model = await loggedModelOf(ctx, modelId);
    return {
      artifactRoot: artifactRootOfModel(model),
      runId: model.sourceRunId ?? input.runId ?? null,
      loggedModelId: model.id,
    };
  }
  const copied = /^models:\/([^/]+)\/(\d{1,9})$/.exec(input.source);
  if (copied?.[1] && copied[2]) return sourceOfVersion(ctx, copied[1], Number(copied[2]));
  const match = /^(?:runs:\/|mlflow-artifacts:\/+\d+\/)([a-zA-Z0-9][\w-]*)\/(?:artifacts\/)?(.+)$/.exec(
    input.source,
  );
  const runId = match?.[1] ?? input.runId;
  if (!runId || !match?.[2]) {
    throw invalidField(
      "source",
      `"${input.source}" is none of models:/m-…, models:/<name>/<version> and runs:/<run>/<path>`,
      "Register a model that was logged to this portal.",
    );
  }
  const run = await runOf(ctx, runId);
  return {
    artifactRoot: `${artifactRootOfRun(run)}/${match[2].replace(/\/$/, "")}`,
    runId: run.id,
    loggedModelId: null,
  };
}

/** Registers the next version. Its files are sealed, digested, scanned and judged by a workflow before it is ready. */
export const createVersion = mutation(
  {
    name: "registry.version.create",
    permission: WRITE,
    input: CreateVersionInput,
    summary: "Register a model version",
  },
  async ({ ctx, input }) => {
    const reserved = input.tags.find(({ key }) => RESERVED.test(key));
    if (reserved) throw invalidField("tags", `"${reserved.key}" is reserved for the portal's own facts`);
    const model = await loadModel(ctx, input.name);
    const isPrompt = input.tags.some((tag) => tag.key === PROMPT_TAG && tag.value === "true");
    const source = isPrompt
      ? { artifactRoot: null, runId: null, loggedModelId: null }
      : await resolveSource(ctx, input);
    const run = source.runId ? await runOf(ctx, source.runId) : undefined;
    const { artifactRoot, loggedModelId } = source;
    const version = await insertVersion(
      ctx,
      model,
      { run, relation: "registered", isJudged: !isPrompt },
      {
        state: isPrompt ? "ready" : "pending",
        stateText: isPrompt ? "" : "Waiting to be digested, scanned and judged",
        source: input.source,
        artifactRoot,
        loggedModelId,
        description: input.description ?? "",
        tags: Object.fromEntries(input.tags.map((tag) => [tag.key, tag.value])),
      },
    );
    const folder = artifactRoot ? parseArtifactAddress(artifactRoot) : undefined;
    if (loggedModelId) await sealLoggedModel(ctx, loggedModelId);
    else if (folder) await sealFolder(ctx, folder.root, folder.path);
    await audit(ctx, {
      action: "registry.version.create",
      subject: subject(version),
      after: { source: input.source, runId: source.runId, loggedModelId: source.loggedModelId },
    });
    return version;
  },
);

export const getVersion = query(
  {
    name: "registry.version.get",
    permission: "registry.model.read",
    input: VersionInput,
    summary: "One model version",
  },
  ({ ctx, input }) => loadVersion(ctx, input.name, input.version),
);

export const updateVersion = mutation(
  {
    name: "registry.version.update",
    permission: WRITE,
    input: UpdateVersionInput,
    summary: "Describe a model version",
  },
  async ({ ctx, input }) => {
    const before = await loadVersion(ctx, input.name, input.version);
    await ctx.db
      .update(modelVersions)
      .set({ description: input.description, lastEditedBy: ctx.actor.userId, updatedAt: ctx.now() })
      .where(eq(modelVersions.id, before.id));
    await audit(ctx, {
      action: "registry.version.update",
      subject: subject(before),
      before: { description: before.description },
      after: { description: input.description },
    });
    return loadVersionById(ctx, before.id);
  },
);

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
    await notifyLive(ctx.db, ctx.actor.teamId, modelsTopic, modelTopic(before.modelId));
    await audit(ctx, {
      action: "registry.version.delete",
      subject: subject(before),
      before: { state: before.state },
    });
    return {};
  },
);

const NOTES = "none: tags are working notes of the version" as const;

export const setVersionTag = mutation(
  {
    name: "registry.version.set-tag",
    permission: WRITE,
    input: VersionTagInput,
    summary: "Set a tag of a version",
    audit: NOTES,
  },
  async ({ ctx, input }) => {
    if (RESERVED.test(input.key))
      throw invalidField("key", `"${input.key}" is reserved for the portal's own facts`);
    const version = await loadVersion(ctx, input.name, input.version);
    await ctx.db
      .update(modelVersions)
      .set({
        tags: sql`${modelVersions.tags} || ${JSON.stringify({ [input.key]: input.value })}::jsonb`,
        updatedAt: ctx.now(),
      })
      .where(eq(modelVersions.id, version.id));
    return {};
  },
);

export const deleteVersionTag = mutation(
  {
    name: "registry.version.delete-tag",
    permission: WRITE,
    input: VersionTagKeyInput,
    summary: "Remove a tag of a version",
    audit: NOTES,
  },
  async ({ ctx, input }) => {
    if (RESERVED.test(input.key))
      throw invalidField("key", `"${input.key}" is reserved for the portal's own facts`);
    const version = await loadVersion(ctx, input.name, input.version);
    await ctx.db
      .update(modelVersions)
      .set({ tags: sql`${modelVersions.tags} - ${input.key}::text` })
      .where(
        and(eq(modelVersions.id, version.id), inArray(modelVersions.state, ["pending", "ready", "failed"])),
      );
    return {};
  },
);
