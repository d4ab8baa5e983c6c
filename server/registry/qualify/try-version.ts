import { eq, sql } from "drizzle-orm";
import { modelVersions } from "@/db/schema";
import type { ModelRuntime } from "@/server/adapters/model-runtime/port";
import type { ObjectStore } from "@/server/adapters/object-store";
import type { Ctx } from "@/server/core/context";
import { digestOf } from "@/server/core/digest";
import { isAppError } from "@/server/core/errors";
import { createSlots } from "@/server/core/slots";
import { Contract } from "../contract/schemas";
import type { ModelVersion } from "../load";
import { BadExample, exampleRequest } from "./example-request";
import { outputThatMixesRows } from "./independent-rows";
import { StoredScan } from "./scan-schemas";
import { readText, type StoredFile } from "./sources";
import { StoredTrial } from "./trial-schemas";

/** Raised when the runtime or what is asked of it changes, so that versions are tried again when their gates run again. */
const RUNTIME = "onnxruntime 1.30, trial 1";
const DEADLINE_MS = 30_000;
/** After an upgrade everything that is deployed is tried: that must not happen all at once. */
const inTurn = createSlots(2);
const LOGGED_EXAMPLE = "serving_input_example.json";

type Outcome = Pick<StoredTrial, "state" | "message" | "latencyMs">;

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

async function attempt(
  runtime: ModelRuntime,
  key: string,
  store: ObjectStore,
  version: ModelVersion & { weightsPath: string },
  files: readonly StoredFile[],
): Promise<Outcome> {
  const parsed = Contract.safeParse(version.contract);
  const contract = parsed.success ? parsed.data : null;
  let signature;
  try {
    signature = await runtime.load(key, {
      entry: version.weightsPath,
      files: files.map(({ path, digest }) => ({ path, digest, open: () => store.get(digest) })),
      limits: { memoryBytes: contract?.resources.memoryBytes, deadlineMs: DEADLINE_MS },
    });
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
    return { state: "answered", message: `The model loads and answers ${example.from}.`, latencyMs };
  } catch (error) {
    const advice = example.from.startsWith("values made")
      ? " Name an example in the contract that it can answer."
      : "";
    return refused(`The model loads, but fails on ${example.from}: ${reasonOf(error)}${advice}`);
  }
}

/**
 * Loads a version's model as a gateway would, in a process of its own that sees nothing but the version's files, and asks it once. What comes of it
 * is evidence for the policy `contract`. A version that the scan refuses is not loaded at all.
 */
export async function tryVersion(
  ctx: Ctx,
  store: ObjectStore,
  openRuntime: () => ModelRuntime,
  version: ModelVersion,
  files: readonly StoredFile[],
): Promise<void> {
  const { weightsPath, weightsDigest } = version;
  const requestDigest = digestOf({ contract: version.contract ?? null, files: version.manifestDigest });
  const stored = StoredTrial.safeParse(version.evidence.trial);
  const isCurrent =
    stored.success &&
    stored.data.weightsDigest === weightsDigest &&
    stored.data.runtime === RUNTIME &&
    stored.data.requestDigest === requestDigest;
  if (isCurrent) return;
  const outcome = await outcomeOf();
  const trial: StoredTrial = { weightsDigest, runtime: RUNTIME, requestDigest, ...outcome };
  await ctx.db
    .update(modelVersions)
    .set({ evidence: sql`${modelVersions.evidence} || ${JSON.stringify({ trial })}::jsonb` })
    .where(eq(modelVersions.id, version.id));

  async function outcomeOf(): Promise<Outcome> {
    if (!weightsPath) {
      const message = "The version holds no model file that the gateway serves.";
      return { state: "not_served", message, latencyMs: null };
    }
    const scan = StoredScan.safeParse(version.evidence.scan);
    if (!scan.success || scan.data.files.some((file) => file.verdict === "fail"))
      return refused("The model was not tried, because the scan of its files found something unsafe.");
    return inTurn(async () => {
      const runtime = openRuntime();
      try {
        return await attempt(runtime, version.id, store, { ...version, weightsPath }, files);
      } finally {
        await runtime.close();
      }
    });
  }
}
