import { rest, type RestRoute } from "@/server/kit/rest";
import { deleteAlias } from "./delete-alias";
import { getByAlias } from "./get-by-alias";
import { setAlias } from "./set-alias";
import { cardRevisions } from "./card-revisions";
import { exportCard } from "./export-card";
import { getCard } from "./get-card";
import { saveCard } from "./save-card";
import { deleteCredential, listCredentials, setCredential } from "./credentials/verbs";
import { endpointHosts } from "./endpoint-hosts";
import { registerEndpoint } from "./register-endpoint";
import { getContract } from "./get-contract";
import { saveContract } from "./save-contract";
import { streamCard, streamVersionFile } from "./file-download";
import { createModel } from "./create-model";
import { deleteModel } from "./delete-model";
import { updateModel } from "./update-model";
import { getProtection } from "./get-protection";
import { setProtection } from "./set-protection";
import {
  compareVersion,
  getVersionFile,
  listModels,
  modelDetail,
  versionDetail,
  versionLineage,
  versionsOfRun,
} from "./queries";
import { modelTimeline } from "./timeline";
import { requestVersionReview } from "./request-version-review";
import { runGates } from "./run-gates";
import { createVersion } from "./create-version";
import { deleteVersion } from "./delete-version";
import { updateVersion } from "./update-version";

const VERSION = "/models/{name}/versions/{version}";

export const registryRoutes: readonly RestRoute[] = [
  rest("Models", "get", "/models", listModels),
  rest("Models", "post", "/models", createModel, { status: 201 }),
  rest("Models", "get", "/runs/{runId}/versions", versionsOfRun),
  rest("Models", "get", "/models/{name}", modelDetail),
  rest("Models", "patch", "/models/{name}", updateModel),
  rest("Models", "delete", "/models/{name}", deleteModel),
  rest("Models", "get", "/models/{name}/timeline", modelTimeline),
  rest("Models", "get", "/models/{name}/aliases/{alias}", getByAlias),
  rest("Models", "put", "/models/{name}/aliases/{alias}", setAlias),
  rest("Models", "delete", "/models/{name}/aliases/{alias}", deleteAlias),
  rest("Models", "get", "/models/{name}/protection", getProtection),
  rest("Models", "put", "/models/{name}/protection", setProtection),
  rest("Models", "post", "/models/{name}/versions", createVersion, { status: 201 }),
  rest("Models", "post", "/models/{name}/endpoints", registerEndpoint, { status: 201 }),
  rest("Models", "get", "/endpoint-hosts", endpointHosts),
  rest("Models", "get", "/endpoint-credentials", listCredentials),
  rest("Models", "put", "/endpoint-credentials/{name}", setCredential),
  rest("Models", "delete", "/endpoint-credentials/{name}", deleteCredential),
  rest("Models", "get", VERSION, versionDetail),
  rest("Models", "patch", VERSION, updateVersion),
  rest("Models", "delete", VERSION, deleteVersion),
  rest("Models", "get", `${VERSION}/compare`, compareVersion),
  rest("Models", "get", `${VERSION}/lineage`, versionLineage),
  rest("Models", "get", `${VERSION}/contract`, getContract),
  rest("Models", "put", `${VERSION}/contract`, saveContract),
  rest("Models", "get", `${VERSION}/card`, getCard),
  rest("Models", "put", `${VERSION}/card`, saveCard),
  rest("Models", "get", `${VERSION}/card/revisions`, cardRevisions),
  rest("Models", "get", `${VERSION}/card/export`, exportCard, {
    stream: streamCard,
    streams: { response: "text/markdown" },
  }),
  rest("Models", "get", `${VERSION}/file`, getVersionFile, {
    stream: streamVersionFile,
    streams: { response: "application/octet-stream" },
  }),
  rest("Models", "post", `${VERSION}/gates/run`, runGates, { status: 202 }),
  rest("Models", "post", `${VERSION}/reviews`, requestVersionReview, { status: 201 }),
];
