/** What happens to jobs and quotas, for whoever listens. */
export interface ComputeEvents {
  "compute.job_queued": { jobId: string };
  "compute.job_cancel_requested": { jobId: string };
  "compute.job_started": { jobId: string };
  "compute.job_finished": { jobId: string; state: string };
  "compute.quota_requested": { requestId: string };
  "compute.quota_decided": { requestId: string; state: string };
  "compute.quota_changed": { teamId: string };
}

declare module "@/server/core/events" {
  interface DomainEvents extends ComputeEvents {}
}
