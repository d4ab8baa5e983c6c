export type { ModelVersion, RegisteredModel } from "./load";
export { loadModel as modelOf, loadVersionById as versionOf } from "./load";
export * from "./alias-verbs";
export * from "./model-verbs";
export * from "./search";
export * from "./version-verbs";
