/** What happens to runs, for whoever listens. */
export interface ExperimentsEvents {
  "experiments.run_started": { runId: string; experimentId: number };
  "experiments.run_finished": { runId: string; status: string };
}

declare module "@/server/core/events" {
  interface DomainEvents extends ExperimentsEvents {}
}
