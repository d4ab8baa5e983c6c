/**
 * The names and payloads of all domain events: the one way a lower domain speaks to a higher one. Past tense; ids, not rows.
 */
export type DomainEvent =
  | { type: "identity.team_created"; payload: { teamId: string } }
  | { type: "identity.demo_requested"; payload: { teamId: string } }
  | { type: "datasets.upload_received"; payload: { uploadId: string } }
  | { type: "datasets.version_created"; payload: { datasetId: string; versionId: string } }
  | { type: "compute.job_queued"; payload: { jobId: string } }
  | { type: "compute.job_cancel_requested"; payload: { jobId: string } }
  | { type: "compute.job_started"; payload: { jobId: string } }
  | { type: "compute.job_finished"; payload: { jobId: string; state: string } }
  | { type: "compute.quota_requested"; payload: { requestId: string } }
  | { type: "compute.quota_decided"; payload: { requestId: string; state: string } }
  | { type: "compute.quota_changed"; payload: { teamId: string } }
  | { type: "experiments.run_started"; payload: { runId: string; experimentId: number } }
  | { type: "experiments.run_finished"; payload: { runId: string; status: string } }
  | { type: "registry.version_registered"; payload: { modelId: string; versionId: string } }
  | { type: "registry.version_ready"; payload: { modelId: string; versionId: string } }
  | { type: "registry.evidence_changed"; payload: { versionId: string; what: string } }
  | { type: "registry.alias_moved"; payload: { modelId: string; alias: string; versionId: string | null } }
  | { type: "governance.gates_requested"; payload: { gateRunId: string } }
  | { type: "governance.gates_finished"; payload: { gateRunId: string; subjectId: string; outcome: string } }
  | { type: "governance.policy_changed"; payload: { key: string; version: number; digest: string } }
  | { type: "governance.review_requested"; payload: { reviewId: string } }
  | { type: "governance.review_decided"; payload: { reviewId: string; decision: string } }
  | { type: "governance.review_voided"; payload: { reviewId: string; reason: string } }
  | { type: "serving.deployment_changed"; payload: { deploymentId: string } }
  | { type: "serving.rollout_started"; payload: { rolloutId: string } }
  | { type: "serving.rollout_commanded"; payload: { rolloutId: string; command: string } }
  | { type: "serving.rollout_finished"; payload: { rolloutId: string; state: string } }
  | { type: "monitoring.alert_raised"; payload: { alertId: string } }
  | { type: "monitoring.alert_resolved"; payload: { alertId: string } }
  | { type: "monitoring.alerts_told"; payload: { groupId: string } };

export type DomainEventType = DomainEvent["type"];
export type PayloadOf<T extends DomainEventType> = Extract<DomainEvent, { type: T }>["payload"];
