import { readable } from "@/db/readable";
import { datasetFiles, datasetVersions, datasets, uploads } from "@/db/schema";

export const readableDatasets = readable(datasets, "archivedAt", "id", "name", "slug")("readable_datasets");
export const readableDatasetVersions = readable(
  datasetVersions,
  "contentDigest",
  "createdAt",
  "datasetId",
  "format",
  "id",
  "manifestDigest",
  "number",
  "producedByJobId",
  "profile",
  "rowCount",
  "teamId",
)("readable_dataset_versions");
export const readableDatasetFiles = readable(
  datasetFiles,
  "digest",
  "path",
  "versionId",
)("readable_dataset_files");
export const readableUploads = readable(
  uploads,
  "blobDigest",
  "createdAt",
  "datasetId",
  "id",
  "message",
  "producedByJobId",
  "state",
  "teamId",
)("readable_uploads");
