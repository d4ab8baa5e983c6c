import type { z } from "zod";
import {
  artifactRootOfModel,
  artifactRootOfRun,
  loggedModelOf,
  runOf,
  sealFolder,
  sealLoggedModel,
} from "@/server/experiments";
import { parseArtifactAddress } from "@/server/experiments/rules";
import { RunId } from "@/server/experiments/schemas";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { invalidField, isAppError, notFound } from "@/server/core/errors";
import { mutation } from "@/server/core/verb";
import { insertVersion } from "./insert-version";
import { getByAlias } from "./get-by-alias";
import { loadModel, loadVersion, versionsOf } from "./load";
import { referenceOf, requireLocation, whyNothing, type Reference } from "./reference";
import { CreateVersionInput } from "./schemas";
import { RESERVED, WRITE, subject } from "./version-parts";

interface Source {
  artifactRoot: string | null;
  runId: string | null;
  loggedModelId: string | null;
  reference?: Reference;
}

type Given = z.output<typeof CreateVersionInput>;

const PROMPT_TAG = "mlflow.prompt.is_prompt";
const NOTHING: Source = { artifactRoot: null, runId: null, loggedModelId: null };

const known = <T>(found: Promise<T>): Promise<T | undefined> =>
  found.catch((error: unknown) => {
    if (isAppError(error) && error.code === "not_found") return undefined;
    throw error;
  });

/** Files elsewhere. A run that is ours stays the version's run; another one is kept as it was given. */
async function referenceTo(ctx: Ctx, location: string, { runId, runLink }: Given): Promise<Source> {
  requireLocation(location);
  const run = runId && RunId.safeParse(runId).success ? await known(runOf(ctx, runId)) : undefined;
  const foreign = run ? null : runId || null;
  return {
    ...NOTHING,
    runId: run?.id ?? null,
    reference: { location, runId: foreign, runLink: runLink || null },
  };
}

/** The files of a version that is there already, which a copy shares; it is sealed, scanned and judged by itself. */
async function sourceOfVersion(ctx: Ctx, input: Given, name: string, number: number): Promise<Source> {
  const version = await loadVersion(ctx, name, number);
  const { artifactRoot, runId, loggedModelId } = version;
  const reference = referenceOf(version);
  if (reference) return { artifactRoot, runId, loggedModelId, reference };
  if (artifactRoot === null)
    throw invalidField(
      "source",
      `"${input.source}" has no files of its own, so it cannot be copied`,
      version.endpoint === null ? undefined : "Register the endpoint under the other model as well.",
    );
  return { artifactRoot, runId, loggedModelId };
}

/** What the source tells of its run stands; another one that is named must not be left out in silence. */
async function resolveSource(ctx: Ctx, input: Given): Promise<Source> {
  const source = await sourceNamed(ctx, input);
  if (input.runId && input.runId !== source.runId && !source.reference)
    throw invalidField(
      "runId",
      `"${input.runId}" is not the run that made this model, which ${source.runId === null ? "was logged without one" : `is ${source.runId}`}`,
      "Leave the run out, or name the run that made the model.",
    );
  return source;
}

/** The version that `models:/<name>/<version>`, `models:/<name>/latest` or `models:/<name>@<alias>` names. */
async function versionNamed(ctx: Ctx, source: string): Promise<{ name: string; number: number } | undefined> {
  const [, name, word] = /^models:\/([^/@]+)[/@]([^/@]+)$/.exec(source) ?? [];
  if (name === undefined || word === undefined) return undefined;
  if (/^\d{1,9}$/.test(word)) return { name, number: Number(word) };
  if (source.includes("@"))
    return { name, number: (await getByAlias.within(ctx, { name, alias: word })).number };
  const [newest] = word === "latest" ? await versionsOf(ctx, (await loadModel(ctx, name)).id) : [];
  return newest && { name, number: newest.number };
}

const OURS = /^(?:models:\/|mlflow-artifacts:\/+\d+\/models\/)(m-[0-9a-f]{32})(?:\/artifacts.*)?$/;
const OF_A_RUN = /^(?:runs:\/|mlflow-artifacts:\/+\d+\/)([a-zA-Z0-9][\w-]*)\/(?:artifacts\/)?(.+)$/;

/** Finds the files that a source names: a logged model, another version, or a folder of a run; all else is a reference. */
async function sourceNamed(ctx: Ctx, input: Given): Promise<Source> {
  const modelId = input.loggedModelId || OURS.exec(input.source)?.[1];
  const model = modelId ? await known(loggedModelOf(ctx, modelId)) : undefined;
  if (model)
    return {
      artifactRoot: artifactRootOfModel(model),
      runId: model.sourceRunId ?? input.runId ?? null,
      loggedModelId: model.id,
    };
  if (OURS.test(input.source)) throw notFound("logged model", modelId ?? "");
  const copied = await versionNamed(ctx, input.source);
  if (copied) return sourceOfVersion(ctx, input, copied.name, copied.number);
  const [, runId, folder] = OF_A_RUN.exec(input.source) ?? [];
  const run = runId === undefined ? undefined : await known(runOf(ctx, runId));
  if (!run || folder === undefined) return referenceTo(ctx, input.source, input);
  return {
    artifactRoot: `${artifactRootOfRun(run)}/${folder.replace(/\/$/, "")}`,
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
    const source = isPrompt ? NOTHING : await resolveSource(ctx, input);
    const run = source.runId ? await runOf(ctx, source.runId) : undefined;
    const { artifactRoot, loggedModelId, reference } = source;
    const isJudged = !isPrompt && !reference;
    const version = await insertVersion(
      ctx,
      model,
      { run, relation: "registered", isJudged },
      {
        state: isJudged ? "pending" : "ready",
        stateText: reference
          ? whyNothing(reference)
          : isJudged
            ? "Waiting to be digested, scanned and judged"
            : "",
        source: input.source,
        artifactRoot,
        loggedModelId,
        reference: reference ?? null,
        description: input.description ?? "",
        tags: Object.fromEntries(input.tags.map((tag) => [tag.key, tag.value])),
      },
    );
    const folder = artifactRoot ? parseArtifactAddress(artifactRoot) : undefined;
    if (loggedModelId && isJudged) await sealLoggedModel(ctx, loggedModelId);
    else if (folder) await sealFolder(ctx, folder.root, folder.path);
    await audit(ctx, {
      action: "registry.version.create",
      subject: subject(version),
      after: {
        source: input.source,
        runId: source.runId,
        loggedModelId: source.loggedModelId,
        ...(reference ? { reference } : {}),
      },
    });
    return version;
  },
);
