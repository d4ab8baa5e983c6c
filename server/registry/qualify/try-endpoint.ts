import { eq, sql } from "drizzle-orm";
import { modelVersions } from "@/db/schema";
import type { ClientOptions } from "@/server/adapters/external-endpoint/endpoint-client";
import {
  createExternalRuntime,
  inspectEndpoint,
  readEndpointFile,
} from "@/server/adapters/external-endpoint/external-runtime";
import { changeOf, listed, reportedDigest } from "@/server/adapters/external-endpoint/far-model";
import type { Reported } from "@/server/adapters/external-endpoint/schemas";
import type { ModelRuntime, ModelSignature } from "@/server/adapters/model-runtime/port";
import type { ObjectStore } from "@/server/adapters/object-store";
import { secretKeys } from "@/server/composition";
import type { Ctx } from "@/server/core/context";
import { digestOf } from "@/server/core/digest";
import { env } from "@/server/core/env";
import { isAppError } from "@/server/core/errors";
import { Contract } from "../contract/schemas";
import { credentialSource } from "../credentials/store";
import type { ModelVersion } from "../load";
import { BadExample, exampleRequest } from "./example-request";
import type { StoredFile } from "./sources";
import { StoredTrial } from "./trial-schemas";

/** Raised when what is asked of an endpoint changes. */
const RUNTIME = "external endpoint, trial 1";
const DEADLINE_MS = 30_000;

const contractOf = (version: ModelVersion) => Contract.safeParse(version.contract).data ?? null;

const declaredOf = (contract: Contract | null): ModelSignature | undefined =>
  contract ? { inputs: contract.inputs, outputs: contract.outputs } : undefined;

const partsOf = (ctx: Ctx): Omit<ClientOptions, "teamId"> => ({
  hosts: env().endpointHosts,
  credentials: credentialSource(() => ctx.db, secretKeys),
});

const specOf = (store: ObjectStore, version: ModelVersion, files: readonly StoredFile[]) => ({
  entry: version.weightsPath ?? "",
  files: files.map(({ path, digest }) => ({ path, digest, open: () => store.get(digest) })),
});

/** What the far end said when it first answered a trial; that is what the version stands for from then on. */
function settled(version: ModelVersion): Reported | undefined {
  const stored = StoredTrial.safeParse(version.evidence.trial);
  if (!stored.success || stored.data.state !== "answered") return undefined;
  return stored.data.reported ?? undefined;
}

/** Asks what a model elsewhere takes and gives, which the contract is then held against. Where it does not say, nothing changes here. */
export async function askEndpoint(
  ctx: Ctx,
  store: ObjectStore,
  version: ModelVersion,
  files: readonly StoredFile[],
): Promise<void> {
  const declared = declaredOf(contractOf(version));
  const before = settled(version);
  try {
    const file = await readEndpointFile(specOf(store, version, files));
    const options = { ...partsOf(ctx), teamId: version.teamId };
    const { signature } = before?.outputs.length
      ? { signature: before }
      : await inspectEndpoint(file, options, declared);
    if (!signature) return;
    const { inputs, outputs } = signature;
    await ctx.db
      .update(modelVersions)
      .set({ signature: { inputs, outputs } })
      .where(eq(modelVersions.id, version.id));
  } catch (error) {
    // The trial says why.
    if (!isAppError(error)) throw error;
  }
}

type Outcome = Pick<StoredTrial, "state" | "message" | "latencyMs" | "reported">;

const refused = (message: string, reported?: Reported | null): Outcome => ({
  state: "refused",
  message,
  latencyMs: null,
  reported: reported ?? null,
});

const wordsOf = (reported: Reported | null): string => {
  if (!reported) return "It does not say what it serves, so a change there cannot be noticed.";
  const versions = reported.versions.length > 0 ? `version ${listed(reported.versions)}` : "no version";
  return `It says that it serves ${versions} (${reportedDigest(reported)}).`;
};

async function askOnce(
  runtime: ModelRuntime,
  key: string,
  spec: Parameters<ModelRuntime["load"]>[1],
  contract: Contract | null,
  reported: Reported | null,
): Promise<Outcome> {
  const signature = await runtime.load(key, spec);
  let example;
  try {
    example = exampleRequest(signature, contract, undefined);
  } catch (error) {
    if (error instanceof BadExample) return refused(error.message, reported);
    throw error;
  }
  try {
    await runtime.infer(key, example.inputs);
    const begin = performance.now();
    await runtime.infer(key, example.inputs);
    const latencyMs = Math.round((performance.now() - begin) * 100) / 100;
    const message = `The endpoint answers ${example.from}. ${wordsOf(reported)}`;
    return { state: "answered", message, latencyMs, reported };
  } catch (error) {
    if (!isAppError(error)) throw error;
    const advice = example.from.startsWith("values made")
      ? " Name an example in the contract that it can answer."
      : "";
    return refused(
      `The endpoint is there, but fails on ${example.from}. ${error.message}${advice}`,
      reported,
    );
  }
}

async function attempt(
  ctx: Ctx,
  store: ObjectStore,
  version: ModelVersion,
  files: readonly StoredFile[],
): Promise<Outcome> {
  const contract = contractOf(version);
  const declared = declaredOf(contract);
  const { teamId } = version;
  const before = settled(version);
  const parts = partsOf(ctx);
  const runtime = createExternalRuntime({ ...parts, ceilingMs: env().modelDeadlineMs });
  try {
    const spec = specOf(store, version, files);
    const { reported } = await inspectEndpoint(await readEndpointFile(spec), { ...parts, teamId }, declared);
    const change = before && reported ? changeOf(before, reported) : undefined;
    if (change) {
      const text = `The endpoint serves something else than when this version was tried first: ${change.text}. Register it as the next version.`;
      return { ...refused(text, before), state: "refused" };
    }
    const limits = { deadlineMs: DEADLINE_MS };
    const external = { teamId, declared, expected: reported ?? undefined };
    return await askOnce(runtime, version.id, { ...spec, limits, external }, contract, before ?? reported);
  } catch (error) {
    if (isAppError(error)) return refused(`${error.message} ${error.hint ?? ""}`.trim(), before);
    throw error;
  } finally {
    await runtime.close();
  }
}

/**
 * Asks an endpoint for its health, for what it serves and for one answer, as a gateway would. Done anew each time the gates run: what is
 * there may have changed. A version that answered once stands for what it was then.
 */
export async function tryEndpoint(
  ctx: Ctx,
  store: ObjectStore,
  version: ModelVersion,
  files: readonly StoredFile[],
): Promise<void> {
  const outcome = await attempt(ctx, store, version, files);
  const trial: StoredTrial = {
    weightsDigest: version.weightsDigest,
    runtime: RUNTIME,
    requestDigest: digestOf({ contract: version.contract ?? null, files: version.manifestDigest }),
    ...outcome,
  };
  await ctx.db
    .update(modelVersions)
    .set({ evidence: sql`${modelVersions.evidence} || ${JSON.stringify({ trial })}::jsonb` })
    .where(eq(modelVersions.id, version.id));
}
