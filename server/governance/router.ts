import { mutationOf, queryOf, router } from "@/server/kit/trpc";
import { getAttestation, listAttestations, verifyAttestation } from "./attestations/read-attestations";
import { whyAdmitted } from "./attestations/why-admitted";
import { getGateRun, getPolicy, listGateRuns, listPolicies, policyHistory } from "./gates/policy-verbs";
import { savePolicy } from "./gates/save-policy";
import { getCheckpoint, getConsistency, listLogEntries } from "./log/read-log";
import { verifyLog } from "./log/verify-log";
import { commentOnReview } from "./reviews/comment-on-review";
import { decideReview } from "./reviews/decide-review";
import { getReview } from "./reviews/get-review";
import { assignReview, touchReview, withdrawReview } from "./reviews/handle-review";
import { countReviews, listReviews } from "./reviews/list-reviews";

export const governanceRouter = router({
  policies: queryOf(listPolicies),
  policy: queryOf(getPolicy),
  policyHistory: queryOf(policyHistory),
  savePolicy: mutationOf(savePolicy),
  gateRun: queryOf(getGateRun),
  gateRuns: queryOf(listGateRuns),
  attestation: queryOf(getAttestation),
  attestations: queryOf(listAttestations),
  evidence: queryOf(whyAdmitted),
  verifyAttestation: queryOf(verifyAttestation),
  checkpoint: queryOf(getCheckpoint),
  consistency: queryOf(getConsistency),
  logEntries: queryOf(listLogEntries),
  verifyLog: queryOf(verifyLog),
  reviews: queryOf(listReviews),
  reviewCounts: queryOf(countReviews),
  review: queryOf(getReview),
  decide: mutationOf(decideReview),
  comment: mutationOf(commentOnReview),
  assign: mutationOf(assignReview),
  touch: mutationOf(touchReview),
  withdraw: mutationOf(withdrawReview),
});
