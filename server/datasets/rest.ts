import { rest, type RestRoute } from "@/server/kit/rest";
import { archiveDataset } from "./archive-dataset";
import { createDataset } from "./create-dataset";
import { readFromLine } from "./read-from-line";
import { restoreDataset } from "./restore-dataset";
import { updateDataset } from "./update-dataset";
import { datasetTimeline, versionLineage } from "./lineage-queries";
import { exportDatasets, getDataset, getUpload, listDatasets } from "./queries";
import { beginUpload } from "./begin-upload";
import { receiveUpload, sendDatasetExport, sendVersionFile } from "./rest-streams";
import {
  diffVersions,
  findVersionByDigest,
  getVersion,
  getVersionByNumber,
  listVersions,
  openVersionFile,
  previewVersion,
} from "./version-queries";

const TAG = "Datasets";

export const datasetRoutes: readonly RestRoute[] = [
  rest(TAG, "get", "/datasets", listDatasets),
  rest(TAG, "post", "/datasets", createDataset, { status: 201 }),
  rest(TAG, "get", "/datasets-export", exportDatasets, {
    stream: sendDatasetExport,
    streams: { response: "text/csv" },
  }),
  rest(TAG, "get", "/datasets/{slug}", getDataset),
  rest(TAG, "patch", "/datasets/{slug}", updateDataset),
  rest(TAG, "post", "/datasets/{slug}/archive", archiveDataset),
  rest(TAG, "post", "/datasets/{slug}/restore", restoreDataset),
  rest(TAG, "get", "/datasets/{slug}/timeline", datasetTimeline),
  rest(TAG, "get", "/datasets/{slug}/versions", listVersions),
  rest(TAG, "get", "/datasets/{slug}/versions/{number}", getVersionByNumber),
  rest(TAG, "put", "/datasets/{slug}/uploads/{fileName}", beginUpload, {
    status: 202,
    stream: receiveUpload,
    streams: { request: "application/octet-stream" },
  }),
  rest(TAG, "get", "/uploads/{id}", getUpload),
  rest(TAG, "post", "/uploads/{id}/read-from-line", readFromLine, { status: 202 }),
  rest(TAG, "get", "/dataset-versions", findVersionByDigest),
  rest(TAG, "get", "/dataset-versions/{id}", getVersion),
  rest(TAG, "get", "/dataset-versions/{id}/preview", previewVersion),
  rest(TAG, "get", "/dataset-versions/{id}/lineage", versionLineage),
  rest(TAG, "get", "/dataset-versions/{id}/files/{path}", openVersionFile, {
    stream: sendVersionFile,
    streams: { response: "application/octet-stream" },
  }),
  rest(TAG, "get", "/dataset-diff", diffVersions),
];
