/** What happens to gates, policies and reviews, for whoever listens. */
export interface GovernanceEvents {
  "governance.gates_requested": { gateRunId: string };
  "governance.gates_finished": { gateRunId: string; subjectId: string; outcome: string };
  "governance.policy_changed": { key: string; version: number; digest: string };
  "governance.review_requested": { reviewId: string };
  "governance.review_decided": { reviewId: string; decision: string };
  "governance.review_voided": { reviewId: string; reason: string };
}

declare module "@/server/core/events" {
  interface DomainEvents extends GovernanceEvents {}
}
