import { eq } from "drizzle-orm";
import { jobInputs } from "@/db/schema";
import { readableDatasetFiles } from "@/server/datasets";
import type { AttemptSpecInput } from "@/server/adapters/cluster";
import { objectStore } from "@/server/composition";
import type { Ctx } from "@/server/core/context";
import { env } from "@/server/core/env";
import { jobToken } from "./job-token";
import type { Job } from "./load";

const variable = (name: string) => name.replaceAll(/[^A-Za-z0-9_]/g, "_").toUpperCase();

type PinnedInput = typeof jobInputs.$inferSelect;

function environment(job: Job, attemptId: string, inputs: readonly PinnedInput[]): Record<string, string> {
  const { portalUrl, gatewayUrl } = env();
  const { spec } = job;
  const experiment = spec.params.experiment;
  const values: Record<string, string> = {
    // The client's telemetry calls home, and its thread changes the environment while requests read it.
    MLFLOW_DISABLE_TELEMETRY: "true",
    ...spec.env,
    MODELWORKS_JOB_ID: job.id,
    MODELWORKS_JOB_ATTEMPT: attemptId,
    MODELWORKS_URL: portalUrl,
    MODELWORKS_GATEWAY_URL: gatewayUrl,
    MLFLOW_TRACKING_URI: portalUrl,
    MODELWORKS_GPU_MILLI: String(spec.resources.gpuMilli),
  };
  if (spec.resources.gpuFlavor) values.MODELWORKS_GPU_FLAVOR = spec.resources.gpuFlavor;
  if (typeof experiment === "string" && experiment) values.MLFLOW_EXPERIMENT_NAME = experiment;
  for (const [name, value] of Object.entries(spec.params)) {
    values[`MODELWORKS_PARAM_${variable(name)}`] = String(value);
  }
  for (const input of inputs) {
    values[`MODELWORKS_INPUT_${variable(input.name)}_VERSION`] = input.datasetVersionId;
    values[`MODELWORKS_INPUT_${variable(input.name)}_DIGEST`] = input.manifestDigest;
  }
  if (spec.code) {
    values.MODELWORKS_CODE_DIGEST = spec.code.digest;
    if (spec.code.gitCommit) values.MODELWORKS_GIT_COMMIT = spec.code.gitCommit;
  }
  return values;
}

/**
 * What the cluster needs to run an attempt, all from pinned digests.
 * Error: `not_found` when a pinned blob has left the object store.
 */
export async function attemptSpecOf(ctx: Ctx, job: Job, attemptId: string): Promise<AttemptSpecInput> {
  const { spec } = job;
  const inputs = await ctx.db.select().from(jobInputs).where(eq(jobInputs.jobId, job.id));
  const files = await ctx.db
    .select({ name: jobInputs.name, path: readableDatasetFiles.path, digest: readableDatasetFiles.digest })
    .from(jobInputs)
    .innerJoin(readableDatasetFiles, eq(readableDatasetFiles.versionId, jobInputs.datasetVersionId))
    .where(eq(jobInputs.jobId, job.id))
    .orderBy(jobInputs.name, readableDatasetFiles.path);
  const store = objectStore();
  const place = async <T extends { path: string; digest: string }>(file: T) => ({
    ...file,
    sourcePath: await store.localPath(file.digest),
  });
  const token = await jobToken(ctx, job, attemptId);
  return {
    attemptId,
    command: spec.command,
    files: await Promise.all((spec.code?.files ?? []).map(({ path, digest }) => place({ path, digest }))),
    inputs: await Promise.all(files.map(place)),
    env: environment(job, attemptId, inputs),
    secretEnv: token ? { MODELWORKS_TOKEN: token, MLFLOW_TRACKING_TOKEN: token } : {},
    python: spec.requirements === null ? null : { requirements: spec.requirements },
    limits: {
      cpuMilli: spec.resources.cpuMilli,
      memoryBytes: spec.resources.memoryBytes,
      timeoutMs: spec.timeLimitSeconds * 1000,
    },
  };
}
