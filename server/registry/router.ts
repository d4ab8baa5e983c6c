import { mutationOf, queryOf, router } from "@/server/kit/trpc";
import { deleteAlias } from "./delete-alias";
import { setAlias } from "./set-alias";
import { cardRevisions } from "./card-revisions";
import { exportCard } from "./export-card";
import { getCard } from "./get-card";
import { saveCard } from "./save-card";
import { getContract } from "./get-contract";
import { saveContract } from "./save-contract";
import { createModel } from "./create-model";
import { deleteModel } from "./delete-model";
import { renameModel } from "./rename-model";
import { updateModel } from "./update-model";
import {
  compareVersion,
  listModels,
  modelDetail,
  versionDetail,
  versionLineage,
  versionsOfRun,
} from "./queries";
import { modelTimeline } from "./timeline";
import { getProtection } from "./get-protection";
import { setProtection } from "./set-protection";
import { deleteCredential, listCredentials, setCredential } from "./credentials/verbs";
import { endpointHosts } from "./endpoint-hosts";
import { registerEndpoint } from "./register-endpoint";
import { requestVersionReview } from "./request-version-review";
import { runGates } from "./run-gates";
import { createVersion } from "./create-version";
import { deleteVersion } from "./delete-version";
import { updateVersion } from "./update-version";

export const registryRouter = router({
  models: queryOf(listModels),
  model: queryOf(modelDetail),
  timeline: queryOf(modelTimeline),
  createModel: mutationOf(createModel),
  updateModel: mutationOf(updateModel),
  renameModel: mutationOf(renameModel),
  deleteModel: mutationOf(deleteModel),
  version: queryOf(versionDetail),
  versionsOfRun: queryOf(versionsOfRun),
  compare: queryOf(compareVersion),
  lineage: queryOf(versionLineage),
  createVersion: mutationOf(createVersion),
  updateVersion: mutationOf(updateVersion),
  deleteVersion: mutationOf(deleteVersion),
  contract: queryOf(getContract),
  saveContract: mutationOf(saveContract),
  card: queryOf(getCard),
  cardRevisions: queryOf(cardRevisions),
  exportCard: queryOf(exportCard),
  saveCard: mutationOf(saveCard),
  runGates: mutationOf(runGates),
  requestReview: mutationOf(requestVersionReview),
  setAlias: mutationOf(setAlias),
  deleteAlias: mutationOf(deleteAlias),
  protection: queryOf(getProtection),
  setProtection: mutationOf(setProtection),
  endpointHosts: queryOf(endpointHosts),
  registerEndpoint: mutationOf(registerEndpoint),
  credentials: queryOf(listCredentials),
  setCredential: mutationOf(setCredential),
  deleteCredential: mutationOf(deleteCredential),
});
