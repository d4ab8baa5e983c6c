import type { z } from "zod";
import type { Ctx } from "@/server/core/context";
import type { IngestFileInput } from "./schemas";
import { ingestFileVerb } from "./ingest-file";

export { createDataset } from "./create-dataset";
export { getDataset, getUpload, listDatasets, readUpload as uploadOf } from "./queries";
export { datasetVersionOf, versionByDigest } from "./version-queries";

/**
 * Registers a blob of the store (a row in `blobs`) as a new version, creating the dataset when it is missing; the worker inspects it.
 * The same file again gives the earlier upload.
 */
export const ingestFile = (ctx: Ctx, input: z.input<typeof IngestFileInput>) =>
  ingestFileVerb.within(ctx, input);
export { namesOfNeighbours } from "./lineage-names";
export { readableDatasetFiles, readableDatasetVersions, readableDatasets, readableUploads } from "./readable";
