/** The only door of governance for other domains. */
export {
  attest,
  prepareAttestation,
  recordAttestations,
  type Attested,
  type AttestInput,
  type SubjectRef,
} from "./attestations/attest";
export { attestationsOf, type AttestationRow } from "./attestations/queries";
export { evaluateGates, type EvaluateGatesInput, type GateOutcome } from "./gates/evaluate-gates";
export {
  gateRunOf,
  gateRunsOf,
  latestGates,
  type GateRunView,
  type RuleView,
  type VerdictView,
} from "./gates/queries";
export { talliesFor, talliesOf, tallyInWords } from "./gates/tallies";
export { policiesInForce, readPoliciesInForce, type InForce } from "./gates/in-force";
export { activePolicies, syncBuiltInPolicies } from "./gates/sync-policies";
export { PolicyKeyInput, PreviewPolicyInput } from "./schemas";
export { decideReview } from "./reviews/decide-review";
export { reviewsOfSubject, type ReviewRow } from "./reviews/load";
export { requestReview, type RequestedReview, type RequestReviewInput } from "./reviews/request-review";
export { reviewStanding, type ReviewStanding } from "./reviews/standing";
export {
  registerSubject,
  type AffectedDeployment,
  type Blocker,
  type DiffRow,
  type SubjectDescription,
  type SubjectResolver,
} from "./reviews/subjects";
export { voidReviews, voidReviewsOfGone, type VoidReviewsInput } from "./reviews/void-reviews";
export {
  bindingDigests,
  changedDigests,
  combineVerdicts,
  environmentRequirements,
  TRIAL,
  POLICY_KEYS,
  UNJUDGED_MS,
  type EnvironmentRequirements,
  type PolicyInForce,
  type Verdict,
} from "./rules";
export {
  enforcementOf,
  EVIDENCE_SCHEMAS,
  evaluatePolicy,
  parsePolicyDocument,
  type EvidenceName,
  type EvidenceOf,
} from "./cel";
export { PREDICATE_TYPES } from "./trust";
export {
  verifyAdmission,
  type Admission,
  type AdmissionInput,
  type PolicyGap,
} from "./trust/verify-admission";
export { readableAttestations, readableReviews } from "./readable";
