import { posix } from "node:path";
import { eq } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "@/db/client";
import {
  DATATYPES,
  type ExternalSpec,
  type ModelFile,
  type ModelLimits,
  type ModelSpec,
  type PythonEnvironment,
} from "@/server/adapters/model-runtime/port";
import type { ObjectStore } from "@/server/adapters/object-store/port";
import { manifestDigest } from "@/server/core/digest";
import { type ModelVersion, readableVersionFiles, readableVersions, trialReport } from "@/server/registry";
import { MLMODEL } from "@/server/registry/rules";
import { TrialEnvironment } from "@/server/registry/schemas";
import { admissionOf, admissionOfCanary } from "../admission";
import type { Arm } from "./routes";

/** Why a version is not served, in words that callers may read. */
export class NotServed extends Error {}

/** A version that may be served, and what a runtime needs for it. */
export interface AdmittedVersion {
  id: string;
  number: number;
  weightsDigest: string;
  contract: unknown;
  spec: ModelSpec;
}

export interface AdmitParts {
  db: Db;
  store: ObjectStore;
  /** The attestor's keys that count now, from this machine's disk. */
  attestorKeys: () => Promise<readonly string[]>;
}

/** A request may take this many times the latency that the contract promises for all but a few; never less than the floor. */
const DEADLINE_TIMES = 20;
const DEADLINE_FLOOR_MS = 2_000;

/** Contracts of older versions may lack parts; what is there holds. */
const Bounds = z.object({
  latencyBoundMs: z.number().positive().optional().catch(undefined),
  batching: z.object({ maxRows: z.number() }).optional().catch(undefined),
  resources: z
    .object({
      cpuMilli: z.number().positive().optional().catch(undefined),
      memoryBytes: z.number().positive().optional().catch(undefined),
    })
    .catch({}),
});

export function limitsOf(contract: unknown): ModelLimits {
  const { latencyBoundMs, resources, batching } = Bounds.catch({ resources: {} }).parse(contract);
  return {
    ...resources,
    batchRows: batching?.maxRows,
    deadlineMs:
      latencyBoundMs === undefined ? undefined : Math.max(DEADLINE_FLOOR_MS, latencyBoundMs * DEADLINE_TIMES),
  };
}

const Tensor = z.object({ name: z.string(), datatype: z.enum(DATATYPES), shape: z.array(z.number()) });
const Declared = z.object({ inputs: z.array(Tensor), outputs: z.array(Tensor) });

/** What a gateway must know of a model that runs elsewhere. */
const externalOf = (
  version: Pick<ModelVersion, "endpoint" | "teamId" | "evidence" | "contract">,
): ExternalSpec | undefined =>
  version.endpoint === null
    ? undefined
    : {
        teamId: version.teamId,
        expected: trialReport(version.evidence),
        declared: Declared.safeParse(version.contract).data,
      };

/** The weights and what lies beside and below them: external data may be there, and nowhere else. */
function filesFor(
  store: ObjectStore,
  files: readonly { path: string; digest: string }[],
  entry: string,
): ModelFile[] {
  const folder = posix.dirname(entry);
  return files
    .filter((file) => folder === "." || file.path.startsWith(`${folder}/`))
    .map(({ path, digest }) => ({ path, digest, open: () => store.get(digest) }));
}

/** The packages with which a version was tried that Python serves. @throws NotServed */
function environmentOf(version: {
  weightsDigest: string | null;
  evidence: Record<string, unknown>;
}): PythonEnvironment {
  const trial = TrialEnvironment.safeParse(version.evidence.trial);
  if (!trial.data?.environment || trial.data.weightsDigest !== version.weightsDigest)
    throw new NotServed("nothing says in which Python environment it was tried; run its gates again");
  return trial.data.environment;
}

/**
 * Admits a version by its signatures and its manifest.
 * @throws NotServed with the reason in words.
 */
export async function admit(
  { db, store, attestorKeys }: AdmitParts,
  row: { environment: string; teamId: string },
  versionId: string,
  arm: Arm,
): Promise<AdmittedVersion> {
  const [version] = await db.select().from(readableVersions).where(eq(readableVersions.id, versionId));
  if (!version?.weightsDigest || !version.manifestDigest)
    throw new NotServed("it has no sealed model file that a gateway loads");
  const files = await db
    .select()
    .from(readableVersionFiles)
    .where(eq(readableVersionFiles.versionId, versionId));
  if (manifestDigest(files) !== version.manifestDigest)
    throw new NotServed("its file list does not match its manifest digest");
  const weights =
    files.find((file) => file.digest === version.weightsDigest && file.path === version.weightsPath) ??
    files.find((file) => file.digest === version.weightsDigest);
  if (!weights) throw new NotServed("its weights are not part of its manifest");
  const options = { trustedKeysPem: await attestorKeys() };
  const admission =
    arm === "stable"
      ? await admissionOf(db, version.id, row.environment, { ...options, asServing: true })
      : await admissionOfCanary(db, version.id, row.environment, options);
  if (!admission.admitted) throw new NotServed(`its evidence is incomplete: ${admission.missing.join("; ")}`);
  return {
    id: version.id,
    number: version.number,
    weightsDigest: version.weightsDigest,
    contract: version.contract,
    spec: {
      entry: weights.path,
      files: filesFor(store, files, weights.path),
      limits: limitsOf(version.contract),
      shareWith: row.teamId,
      ...(weights.path === MLMODEL ? { python: environmentOf(version) } : {}),
      external: externalOf(version),
    },
  };
}

/** Why a version that is served may be served no more, in words; undefined while it may. */
export async function whyNotAdmitted(
  parts: AdmitParts,
  row: { environment: string; teamId: string },
  versionId: string,
  arm: Arm,
): Promise<string | undefined> {
  try {
    await admit(parts, row, versionId, arm);
    return undefined;
  } catch (error) {
    if (error instanceof NotServed) return error.message;
    throw error;
  }
}
