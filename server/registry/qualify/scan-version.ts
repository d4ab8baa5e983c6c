import { eq, sql } from "drizzle-orm";
import { modelVersions } from "@/db/schema";
import { datatypeOfElement } from "@/server/adapters/model-runtime/datatypes.mjs";
import type { ObjectStore } from "@/server/adapters/object-store";
import type { Ctx } from "@/server/core/context";
import { SCANNER } from "@/server/governance/scan";
import type { Signature } from "../contract/schemas";
import type { ModelVersion } from "../load";
import { runScanner } from "./run-scanner";
import { StoredScan, type ScanAnswer } from "./scan-schemas";
import { MLMODEL } from "../rules";
import { readMlmodel } from "./mlmodel";
import type { StoredFile } from "./sources";

/** What ONNX has besides numbers that NumPy has. */
const OTHERS = new Map([
  ["bfloat16", "BF16"],
  ["string", "BYTES"],
]);

/** The model file's signature in the words of the inference protocol; a value that is no tensor keeps its kind as type. */
function signatureOf(answer: ScanAnswer): Signature | null {
  if (!answer.model) return null;
  const toTensor = (value: NonNullable<ScanAnswer["model"]>["inputs"][number]) => ({
    name: value.name,
    datatype:
      value.kind === "tensor"
        ? (datatypeOfElement(value.elementType ?? "") ??
          OTHERS.get(value.elementType ?? "") ??
          value.elementType ??
          "unknown")
        : value.kind,
    shape: value.shape ?? [],
  });
  return {
    inputs: answer.model.inputs.map(toTensor),
    outputs: answer.model.outputs.map(toTensor),
    ...(answer.featureNames ? { featureNames: answer.featureNames } : {}),
  };
}

/** Whether the stored scan covers these files and was made by this scanner. */
function isCurrent(version: ModelVersion, files: readonly StoredFile[]): boolean {
  const stored = StoredScan.safeParse(version.evidence.scan);
  return (
    stored.success &&
    stored.data.listDigest === SCANNER.listDigest &&
    stored.data.scannerVersion === SCANNER.version &&
    stored.data.manifestFileCount === files.length &&
    stored.data.files.length === files.length
  );
}

/** Scans every sealed file, by content, without loading any; keeps the result and the model file's signature. */
export async function scanVersion(
  ctx: Ctx,
  store: ObjectStore,
  version: ModelVersion,
  files: readonly StoredFile[],
): Promise<void> {
  if (isCurrent(version, files)) return;
  const local = [];
  for (const { path, digest } of files) local.push({ path, digest, file: await store.localPath(digest) });
  const answer = await runScanner({ files: local, weightsPath: version.weightsPath });
  const { scannerVersion, listDigest } = answer;
  const scan: StoredScan = {
    scannerVersion,
    listDigest,
    files: answer.files,
    manifestFileCount: files.length,
  };
  // What MLflow's signature leaves open, the trial finds out.
  const signature =
    version.weightsPath === MLMODEL
      ? ((await readMlmodel(store, files))?.signature ?? version.signature)
      : signatureOf(answer);
  await ctx.db
    .update(modelVersions)
    .set({
      signature,
      evidence: sql`${modelVersions.evidence} || ${JSON.stringify({ scan })}::jsonb`,
    })
    .where(eq(modelVersions.id, version.id));
}
