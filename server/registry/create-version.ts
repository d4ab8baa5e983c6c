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
import { invalidField } from "@/server/core/errors";
import { mutation } from "@/server/core/verb";
import { insertVersion } from "./insert-version";
import { loadModel, loadVersion } from "./load";
import { CreateVersionInput } from "./schemas";
import { RESERVED, WRITE, subject } from "./version-parts";

interface Source {
  artifactRoot: string | null;
  runId: string | null;
  loggedModelId: string | null;
}

const PROMPT_TAG = "mlflow.prompt.is_prompt";

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
