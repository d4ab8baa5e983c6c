import { posix } from "node:path";
import { eq } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "@/db/client";
import { modelVersionFiles, modelVersions } from "@/db/schema";
import type { ModelFile, ModelLimits, ModelSpec } from "@/server/adapters/model-runtime/port";
import type { ObjectStore } from "@/server/adapters/object-store/port";
import { manifestDigest } from "@/server/core/digest";
import { admissionOf } from "../admission";
import type { Arm } from "./routes";

/** Why a version is not served, in words that callers may read. */
export class NotServed extends Error {}

/** A version that may be served, and what a runtime needs for it. */
export interface AdmittedVersion {
  id: string;
  number: number;
  weightsDigest: string;
  spec: ModelSpec;
}

export interface AdmitParts {
  db: Db;
  store: ObjectStore;
  attestorKeyPem: string;
}

/** A request may take this many times the latency that the contract promises for all but a few; never less than the floor. */
const DEADLINE_TIMES = 20;
const DEADLINE_FLOOR_MS = 2_000;

/** Contracts of older versions may lack parts; what is there holds. */
const Bounds = z.object({
  latencyBoundMs: z.number().positive().optional().catch(undefined),
  resources: z
    .object({
      cpuMilli: z.number().positive().optional().catch(undefined),
      memoryBytes: z.number().positive().optional().catch(undefined),
    })
    .catch({}),
});

export function limitsOf(contract: unknown): ModelLimits {
  const { latencyBoundMs, resources } = Bounds.catch({ resources: {} }).parse(contract);
  return {
    ...resources,
    deadlineMs:
      latencyBoundMs === undefined ? undefined : Math.max(DEADLINE_FLOOR_MS, latencyBoundMs * DEADLINE_TIMES),
  };
}

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

/**
 * Admits a version by its signatures and its manifest.
 * @throws NotServed with the reason in words.
 */
export async function admit(
  { db, store, attestorKeyPem }: AdmitParts,
  row: { environment: string; teamId: string },
  versionId: string,
  arm: Arm,
): Promise<AdmittedVersion> {
  const [version] = await db.select().from(modelVersions).where(eq(modelVersions.id, versionId));
  if (!version?.weightsDigest || !version.manifestDigest)
    throw new NotServed("it has no sealed ONNX weights");
  const files = await db.select().from(modelVersionFiles).where(eq(modelVersionFiles.versionId, versionId));
  if (manifestDigest(files) !== version.manifestDigest)
    throw new NotServed("its file list does not match its manifest digest");
  const weights =
    files.find((file) => file.digest === version.weightsDigest && file.path === version.weightsPath) ??
    files.find((file) => file.digest === version.weightsDigest);
  if (!weights) throw new NotServed("its weights are not part of its manifest");
  const admission = await admissionOf(db, version.id, row.environment, {
    pinnedKeysPem: [attestorKeyPem],
    asServing: arm === "stable",
  });
  if (!admission.admitted) throw new NotServed(`its evidence is incomplete: ${admission.missing.join("; ")}`);
  return {
    id: version.id,
    number: version.number,
    weightsDigest: version.weightsDigest,
    spec: {
      entry: weights.path,
      files: filesFor(store, files, weights.path),
      limits: limitsOf(version.contract),
      shareWith: row.teamId,
    },
  };
}
