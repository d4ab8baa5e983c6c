import { sha256Hex } from "@/server/core/digest";
import type { ModelVersion } from "../load";
import type { Sources, StoredFile } from "./sources";

export interface DatasetUse {
  name: string;
  version: number;
  digest: string;
  used: string;
  datasetId: string;
  versionId: string;
}

/** Where a version comes from, from the portal's own records. */
export function collectProvenance(
  version: ModelVersion,
  sources: Sources,
  datasets: readonly DatasetUse[],
  files: readonly StoredFile[],
) {
  const { run, job } = sources;
  const code = job?.spec.code;
  const commit = code ? (code.gitCommit && !code.gitDirty ? code.gitCommit : code.digest) : null;
  return {
    runId: run?.id ?? null,
    runStatus: run?.status ?? null,
    runStartedBy: run?.userId ?? null,
    jobId: job?.id ?? null,
    jobSpecDigest: job?.specDigest ?? null,
    template: job?.spec.template ? `${job.spec.template.name} ${job.spec.template.version}` : null,
    datasets: datasets.map(({ name, version: number, digest, used }) => ({
      name,
      version: number,
      digest,
      used,
    })),
    codeCommit: commit ?? version.codeCommit,
    /** Our own record of the code that ran, or what the client said. */
    codeRecordedBy: commit ? "runner" : version.codeCommit ? "client" : null,
    environmentDigest: job?.spec.requirements ? `sha256:${sha256Hex(job.spec.requirements)}` : null,
    registeredBy: version.createdBy,
    files: files.map(({ path, digest }) => ({ path, digest })),
  };
}
export type Provenance = ReturnType<typeof collectProvenance>;
