import { mutationOf, queryOf, router } from "@/server/kit/trpc";
import { deleteAlias, setAlias } from "./alias-verbs";
import { cardRevisions, exportCard, getCard, saveCard } from "./card-verbs";
import { getContract, saveContract } from "./contract-verbs";
import { createModel, deleteModel, renameModel, updateModel } from "./model-verbs";
import {
  compareVersion,
  listModels,
  modelDetail,
  modelTimeline,
  versionDetail,
  versionLineage,
} from "./queries";
import { getProtection, setProtection } from "./protection-verbs";
import { deleteCredential, listCredentials, setCredential } from "./credentials/verbs";
import { endpointHosts, registerEndpoint } from "./endpoint-verbs";
import { requestVersionReview, runGates } from "./review-verbs";
import { createVersion, deleteVersion, updateVersion } from "./version-verbs";

export const registryRouter = router({
  models: queryOf(listModels),
  model: queryOf(modelDetail),
  timeline: queryOf(modelTimeline),
  createModel: mutationOf(createModel),
  updateModel: mutationOf(updateModel),
  renameModel: mutationOf(renameModel),
  deleteModel: mutationOf(deleteModel),
  version: queryOf(versionDetail),
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
