export { CEL_ENGINE, CelEvaluator, evaluateCel, isTrue } from "./evaluate";
export type { CelContext, CelOutcome } from "./evaluate";
export { parsePolicyDocument, PolicyDocument, policyDigest } from "./policy-document";
export { evaluatePolicy } from "./evaluate-policy";
export type { PolicyResult, PolicyVerdict, RuleOutcome, RuleResult } from "./evaluate-policy";
export { EVIDENCE_SCHEMAS } from "./evidence";
export type { EvidenceName, EvidenceOf } from "./evidence";
export { BUILT_IN_POLICY_KEYS, loadBuiltInPolicies } from "./built-in-policies";
export type { BuiltInPolicyKey } from "./built-in-policies";
