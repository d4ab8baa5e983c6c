import { readable } from "@/db/readable";
import { modelCards, modelVersionFiles, modelVersions, registeredModels } from "@/db/schema";

export const readableModels = readable(registeredModels, "archivedAt", "id", "name")("readable_models");
export const readableVersions = readable(
  modelVersions,
  "codeCommit",
  "contract",
  "contractDigest",
  "createdAt",
  "endpoint",
  "evidence",
  "gatesDigest",
  "id",
  "jobId",
  "manifestDigest",
  "modelId",
  "number",
  "runId",
  "signature",
  "state",
  "teamId",
  "weightsDigest",
  "weightsPath",
)("readable_versions");
export const readableVersionFiles = readable(
  modelVersionFiles,
  "versionId",
  "path",
  "digest",
  "sizeBytes",
)("readable_version_files");
export const readableCards = readable(modelCards, "digest", "versionId")("readable_cards");
