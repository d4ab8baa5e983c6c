import { eq, sql } from "drizzle-orm";
import { modelVersions } from "@/db/schema";
import type { ModelRuntime, ModelSpec, PythonEnvironment } from "@/server/adapters/model-runtime/port";
import type { ObjectStore } from "@/server/adapters/object-store";
import type { Ctx } from "@/server/core/context";
import { digestOf } from "@/server/core/digest";
import { isAppError } from "@/server/core/errors";
import { createSlots } from "@/server/core/slots";
import { compareContract } from "../contract/rules";
import { Contract, type Signature } from "../contract/schemas";
import type { ModelVersion } from "../load";
import { MLMODEL } from "../rules";
import { BadExample, exampleRequest } from "./example-request";
import { outputThatMixesRows } from "./independent-rows";
import { whyNotRun } from "./may-run";
import { lockedEnvironment, withEnvironment } from "./python-environment";
import { NoEnvironment } from "./python-requirements";
import { readText, type StoredFile } from "./sources";
import type { TrialTools } from "./trial-runtime";
import { StoredTrial } from "./trial-schemas";

/** Raised when the runtime or what is asked of it changes, so that versions are tried again when their gates run again. */
const RUNTIMES = { onnx: "onnxruntime 1.30, trial 1", python: "mlflow.pyfunc, trial 2" };
const DEADLINE_MS = 30_000;
/** After an upgrade everything that is deployed is tried: that must not happen all at once. */
const inTurn = createSlots(2);
const LOGGED_EXAMPLE = "serving_input_example.json";

type Outcome = Pick<StoredTrial, "state" | "message" | "latencyMs" | "environment" | "signature">;

const refused = (message: string): Outcome => ({ state: "refused", message, latencyMs: null });

async function loggedExample(store: ObjectStore, files: readonly StoredFile[]): Promise<unknown> {
  const file = files.find((each) => each.path === LOGGED_EXAMPLE);
  const text = file && (await readText(store, file).catch(() => undefined));
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    // It is of use to nobody then, and harms nobody.
    return undefined;
  }
}

const reasonOf = (error: unknown): string => {
  if (isAppError(error) && error.code !== "unavailable") return error.message;
  if (error instanceof BadExample) return error.message;
  throw error;
};

const contractOf = (version: ModelVersion): Contract | null =>
  Contract.safeParse(version.contract).data ?? null;

const specOf = (
  store: ObjectStore,
  version: ModelVersion & { weightsPath: string },
  files: readonly StoredFile[],
  python: PythonEnvironment | undefined,
): ModelSpec => ({
  entry: version.weightsPath,
  files: files.map(({ path, digest }) => ({ path, digest, open: () => store.get(digest) })),
  limits: { memoryBytes: contractOf(version)?.resources.memoryBytes, deadlineMs: DEADLINE_MS },
  ...(python ? { python } : {}),
});

/** Loads the model and asks it; what it needs besides its files is in `spec`. */
const attempt = (...asked: Parameters<typeof attemptNow>): Promise<Outcome> =>
  inTurn(() => attemptNow(...asked));

async function attemptNow(
  runtime: ModelRuntime,
  store: ObjectStore,
  version: ModelVersion,
  files: readonly StoredFile[],
  spec: ModelSpec,
): Promise<Outcome> {
  const key = version.id;
  const contract = contractOf(version);
  let signature;
  try {
    signature = await runtime.load(key, spec);
  } catch (error) {
    return refused(`The model does not load: ${reasonOf(error)}`);
  }
  let example;
  try {
    example = exampleRequest(signature, contract, await loggedExample(store, files));
  } catch (error) {
    return refused(reasonOf(error));
  }
  try {
    await runtime.infer(key, example.inputs);
    // The second answer tells the latency: the first also made what the runtime keeps.
    const begin = performance.now();
    await runtime.infer(key, example.inputs);
    const latencyMs = Math.round((performance.now() - begin) * 100) / 100;
    const mixed = contract?.batching && (await outputThatMixesRows(runtime, key, example.inputs));
    if (mixed !== undefined)
      return refused(
        `The contract lets waiting requests run together, but the answer "${mixed}" to one changes with the others: remove batching from the contract.`,
      );
    const message = `The model loads and answers ${example.from}.`;
    return { state: "answered", message, latencyMs, ...(spec.python ? { signature } : {}) };
  } catch (error) {
    const advice = example.from.startsWith("values made")
      ? " Name an example in the contract that it can answer."
      : "";
    return refused(`The model loads, but fails on ${example.from}: ${reasonOf(error)}${advice}`);
  }
}

/** A version that MLflow loads: its environment first, then the model in it. */
async function attemptPython(
  tools: TrialTools,
  ctx: Ctx,
  store: ObjectStore,
  version: ModelVersion & { weightsPath: string },
  files: readonly StoredFile[],
): Promise<Outcome> {
  let environment;
  try {
    environment = await lockedEnvironment(tools.environments, ctx, store, version, files);
  } catch (error) {
    // Also what another try may get right: it is made when the gates run again, and the version is judged meanwhile.
    if (!(error instanceof NoEnvironment) && !isAppError(error)) throw error;
    const message = `The model was not tried: ${error.message}`;
    return { state: "no_environment", message, latencyMs: null };
  }
  const outcome = await attempt(
    tools.runtime,
    store,
    version,
    files,
    specOf(store, version, files, environment),
  );
  return withEnvironment(outcome, environment);
}

/** What a trial found out about a signature that the files do not tell, and the contract compared with it. */
const withSignature = (version: ModelVersion, signature: Signature | undefined) =>
  signature === undefined
    ? {}
    : { signature, contractCheck: compareContract(contractOf(version), signature) };

async function outcomeOf(
  open: () => TrialTools,
  ctx: Ctx,
  store: ObjectStore,
  version: ModelVersion,
  files: readonly StoredFile[],
): Promise<Outcome> {
  const { weightsPath } = version;
  if (!weightsPath) {
    const message = "The version holds no model file that the gateway serves.";
    return { state: "not_served", message, latencyMs: null };
  }
  const notRun = await whyNotRun(ctx, version);
  if (notRun) return { ...notRun, latencyMs: null };
  const tools = open();
  const known = { ...version, weightsPath };
  try {
    return weightsPath === MLMODEL
      ? await attemptPython(tools, ctx, store, known, files)
      : await attempt(tools.runtime, store, known, files, specOf(store, known, files, undefined));
  } finally {
    await tools.runtime.close();
  }
}

/** States that another try may change although nothing of the version did. */
const PASSING: readonly StoredTrial["state"][] = ["awaits_review", "no_environment"];

/**
 * Loads a version's model as a gateway would, in a process of its own that sees nothing but the version's files, and asks it once. What comes of it
 * is evidence for the policy `contract`. A version that the scan refuses, or whose own code nobody admitted, is not loaded at all.
 */
export async function tryVersion(
  ctx: Ctx,
  store: ObjectStore,
  open: () => TrialTools,
  version: ModelVersion,
  files: readonly StoredFile[],
): Promise<void> {
  const { weightsDigest } = version;
  const runtime = version.weightsPath === MLMODEL ? RUNTIMES.python : RUNTIMES.onnx;
  const requestDigest = digestOf({ contract: version.contract ?? null, files: version.manifestDigest });
  const stored = StoredTrial.safeParse(version.evidence.trial);
  const isCurrent =
    stored.success &&
    stored.data.weightsDigest === weightsDigest &&
    stored.data.runtime === runtime &&
    stored.data.requestDigest === requestDigest &&
    !PASSING.includes(stored.data.state);
  if (isCurrent) return;
  const outcome = await outcomeOf(open, ctx, store, version, files);
  const trial: StoredTrial = { weightsDigest, runtime, requestDigest, ...outcome };
  await ctx.db
    .update(modelVersions)
    .set({
      evidence: sql`${modelVersions.evidence} || ${JSON.stringify({ trial })}::jsonb`,
      ...withSignature(version, outcome.signature),
    })
    .where(eq(modelVersions.id, version.id));
}
