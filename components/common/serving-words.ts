/** What happened to a deployment or one of its rollouts, as an audit row tells it. */
export interface ServingEvent {
  action: string;
  /** How a rollout ended; only rows of its end say so. */
  state?: string | undefined;
  version: string;
  /** The deployment's name, where the reader does not look at it already. */
  place?: string | undefined;
}

const ROLLOUT: Record<string, string> = {
  start: "started a canary of",
  pause: "paused the canary of",
  resume: "resumed the canary of",
  promote: "promoted the canary of",
  abort: "aborted the canary of",
  complete: "gave all requests to",
  "roll-back": "rolled back the canary of",
};
const ENDS: Record<string, string> = {
  succeeded: "gave all requests to",
  rolled_back: "rolled back the canary of",
  aborted: "ended the canary of",
};

/** The event as words that follow an actor's name. */
export function servingWords({ action, state, version, place }: ServingEvent): string {
  if (action === "serving.deployment.deploy") return `deployed ${version}${place ? ` to ${place}` : ""}`;
  if (action === "serving.deployment.roll-back") return `rolled ${place ?? "it"} back to ${version}`;
  if (action === "serving.deployment.retire") return `retired ${place ?? "it"}`;
  const verb = action.replace("serving.rollout.", "");
  const words = (verb === "finish" ? ENDS[state ?? ""] : ROLLOUT[verb]) ?? `changed (${verb})`;
  return `${words} ${version}${place ? ` in ${place}` : ""}`;
}
