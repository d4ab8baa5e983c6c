import { and, eq } from "drizzle-orm";
import { z } from "zod";
import { readableDatasetVersions, readableDatasets } from "@/server/datasets";
import { readableJobInputs, readableJobs } from "@/server/compute";
import type { ObjectStore } from "@/server/adapters/object-store";
import type { Ctx } from "@/server/core/context";
import { isAppError } from "@/server/core/errors";
import { artifactsUnder, readableRunParams, type RunDetail, runOf } from "@/server/experiments";
import { parseArtifactAddress } from "@/server/experiments/rules";
import type { ModelVersion } from "../load";

export interface StoredFile {
  path: string;
  digest: string;
  sizeBytes: number;
  createdAt: Date;
}

/** The part of a job's specification that says what was fixed before it ran. */
const PinnedSpec = z.looseObject({
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).catch({}),
  requirements: z.string().nullish().catch(null),
  template: z.looseObject({ name: z.string(), version: z.string() }).nullish().catch(null),
  code: z
    .looseObject({ digest: z.string(), gitCommit: z.string().nullish(), gitDirty: z.boolean().catch(true) })
    .nullish()
    .catch(null),
});

export interface SourceJob {
  id: string;
  name: string;
  state: string;
  specDigest: string;
  createdAt: Date;
  createdBy: string;
  spec: z.infer<typeof PinnedSpec>;
  inputs: {
    used: string;
    datasetId: string;
    name: string;
    version: number;
    versionId: string;
    digest: string;
  }[];
}

export interface Sources {
  run: RunDetail | null;
  job: SourceJob | null;
  /** When the portal received each parameter of the run. */
  paramsLoggedAt: Record<string, Date>;
  /** Files of the run (not of the model), by path. */
  runFiles: StoredFile[];
}

/** Files in the folder a version was registered from, relative to it. */
export async function filesInFolder(ctx: Ctx, artifactRoot: string): Promise<StoredFile[]> {
  const address = parseArtifactAddress(artifactRoot);
  if (!address) return [];
  const prefix = address.path === "" ? "" : `${address.path}/`;
  const rows = await artifactsUnder(ctx, address.root);
  return rows
    .filter((row) => row.path.startsWith(prefix))
    .map(({ path, digest, sizeBytes, createdAt }) => ({
      path: path.slice(prefix.length),
      digest,
      sizeBytes,
      createdAt,
    }));
}

async function jobOf(ctx: Ctx, id: string): Promise<SourceJob | null> {
  const [row] = await ctx.db
    .select()
    .from(readableJobs)
    .where(and(eq(readableJobs.id, id), eq(readableJobs.teamId, ctx.actor.teamId)));
  const spec = row && PinnedSpec.safeParse(row.spec);
  if (!row || !spec?.success) return null;
  const inputs = await ctx.db
    .select({
      used: readableJobInputs.name,
      datasetId: readableDatasets.id,
      name: readableDatasets.slug,
      version: readableDatasetVersions.number,
      versionId: readableDatasetVersions.id,
      digest: readableJobInputs.manifestDigest,
    })
    .from(readableJobInputs)
    .innerJoin(readableDatasetVersions, eq(readableDatasetVersions.id, readableJobInputs.datasetVersionId))
    .innerJoin(readableDatasets, eq(readableDatasets.id, readableDatasetVersions.datasetId))
    .where(and(eq(readableJobInputs.jobId, id), eq(readableDatasetVersions.teamId, ctx.actor.teamId)))
    .orderBy(readableJobInputs.name);
  const { id: jobId, name, state, specDigest, createdAt, createdBy } = row;
  return { id: jobId, name, state, specDigest, createdAt, createdBy, spec: spec.data, inputs };
}

/** The run and job that made a version, as the portal itself recorded them; tags that a client wrote are not asked. */
export async function sourcesOf(ctx: Ctx, version: ModelVersion): Promise<Sources> {
  const run = version.runId
    ? await runOf(ctx, version.runId).catch((error: unknown) => {
        if (isAppError(error) && error.code === "not_found") return null;
        throw error;
      })
    : null;
  const jobId = run ? run.jobId : null;
  const logged = run
    ? await ctx.db
        .select({ key: readableRunParams.key, at: readableRunParams.loggedAt })
        .from(readableRunParams)
        .where(eq(readableRunParams.runId, run.id))
    : [];
  return {
    run,
    job: jobId ? await jobOf(ctx, jobId) : null,
    paramsLoggedAt: Object.fromEntries(logged.map(({ key, at }) => [key, at])),
    runFiles: run ? await filesInFolder(ctx, run.artifactRoot) : [],
  };
}

const MAX_TEXT_BYTES = 32 * 1024 * 1024;

/** A stored text of at most 32 MiB; undefined when it is larger. Bytes that are no UTF-8 throw a TypeError. */
export async function readText(store: ObjectStore, file: StoredFile): Promise<string | undefined> {
  if (file.sizeBytes > MAX_TEXT_BYTES) return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of await store.get(file.digest)) chunks.push(Buffer.from(chunk as Uint8Array));
  return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
}
