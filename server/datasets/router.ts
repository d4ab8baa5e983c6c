import { mutationOf, queryOf, router } from "@/server/kit/trpc";
import { archiveDataset } from "./archive-dataset";
import { createDataset } from "./create-dataset";
import { readFromLine } from "./read-from-line";
import { restoreDataset } from "./restore-dataset";
import { updateDataset } from "./update-dataset";
import { datasetTimeline, versionLineage } from "./lineage-queries";
import { getDataset, getUpload, listDatasets } from "./queries";
import {
  diffVersions,
  getVersion,
  getVersionByNumber,
  listVersions,
  previewVersion,
} from "./version-queries";

export const datasetsRouter = router({
  list: queryOf(listDatasets),
  get: queryOf(getDataset),
  create: mutationOf(createDataset),
  update: mutationOf(updateDataset),
  archive: mutationOf(archiveDataset),
  restore: mutationOf(restoreDataset),
  timeline: queryOf(datasetTimeline),
  versions: queryOf(listVersions),
  version: queryOf(getVersion),
  versionByNumber: queryOf(getVersionByNumber),
  preview: queryOf(previewVersion),
  diff: queryOf(diffVersions),
  lineage: queryOf(versionLineage),
  upload: queryOf(getUpload),
  readFromLine: mutationOf(readFromLine),
});
