import "./subject";

export type { ModelVersion, RegisteredModel } from "./load";
export { loadModel as modelOf, loadVersionById as versionOf } from "./load";
export { boundDigestsOf, cardOf, type Card } from "./evidence";
export { registerAdmission, registerDeployments, type DeploymentsResolver } from "./hooks";
export { evidenceOf } from "./qualify/collect-evidence";
export { sealedFiles as filesOfVersion } from "./qualify/seal-files";
export { missingRequirements, promotionBlockers } from "./requirements";
export * from "./alias-verbs";
export * from "./card-verbs";
export { contractView, getContract, saveContract, type ContractView } from "./contract-verbs";
export * from "./model-verbs";
export { latestVersions, modelSummary } from "./newest";
export * from "./protection-verbs";
export * from "./review-verbs";
export * from "./search";
export { transitionStage } from "./stage-verbs";
export * from "./version-verbs";
