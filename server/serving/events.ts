/** What happens to deployments and rollouts, for whoever listens. */
export interface ServingEvents {
  "serving.deployment_changed": { deploymentId: string };
  "serving.rollout_started": { rolloutId: string };
  "serving.rollout_commanded": { rolloutId: string; command: string };
  "serving.rollout_finished": { rolloutId: string; state: string };
}

declare module "@/server/core/events" {
  interface DomainEvents extends ServingEvents {}
}
