/** Every state a rollout can be in. */
export const ROLLOUT_STATES = [
  "pending",
  "running",
  "paused",
  "promoting",
  "rolling_back",
  "succeeded",
  "rolled_back",
  "aborted",
] as const;
export type RolloutState = (typeof ROLLOUT_STATES)[number];

/** What may happen to a rollout; `person` events are offered as buttons and API calls. */
export const ROLLOUT_EVENTS = [
  "start",
  "pause",
  "resume",
  "promote",
  "complete",
  "roll_back",
  "abort",
  "traffic_on_canary",
  "traffic_on_stable",
  "abort_done",
] as const;
export type RolloutEvent = (typeof ROLLOUT_EVENTS)[number];

/**
 * Allowed transitions. A rollout is `pending` while gateways load its version: it has no traffic yet, and starts (or, without stages, takes all
 * of it) when every live gateway serves it. `promoting` and `rolling_back` last until every gateway confirmed its route table, so a crash
 * between decision and traffic is resumed, not forgotten. An abort of a rollout that has traffic goes through `rolling_back`, and ends as what
 * it is: a person's word, not a verdict.
 */
const TRANSITIONS: Record<RolloutState, Partial<Record<RolloutEvent, RolloutState>>> = {
  pending: { start: "running", complete: "promoting", roll_back: "rolling_back", abort: "aborted" },
  running: {
    pause: "paused",
    promote: "promoting",
    complete: "promoting",
    roll_back: "rolling_back",
    abort: "rolling_back",
  },
  paused: { resume: "running", promote: "promoting", roll_back: "rolling_back", abort: "rolling_back" },
  promoting: { traffic_on_canary: "succeeded", abort: "rolling_back", roll_back: "rolling_back" },
  rolling_back: { traffic_on_stable: "rolled_back", abort_done: "aborted" },
  succeeded: {},
  rolled_back: {},
  aborted: {},
};

/** The state after an event, or null when the event is not allowed in this state. */
export function nextRolloutState(state: RolloutState, event: RolloutEvent): RolloutState | null {
  return TRANSITIONS[state][event] ?? null;
}

/** True when nothing more can happen to the rollout. */
export function isFinished(state: RolloutState): boolean {
  return Object.keys(TRANSITIONS[state]).length === 0;
}

const PEOPLE = ["pause", "resume", "promote", "abort"] as const satisfies readonly RolloutEvent[];
export type RolloutAction = (typeof PEOPLE)[number];

/** What a person may do now. */
export function allowedActions(state: RolloutState): RolloutAction[] {
  return PEOPLE.filter((event) => nextRolloutState(state, event) !== null);
}

/** The same table read backwards: the states in which an event is allowed; for conditional writes. */
export function statesAllowing(event: RolloutEvent): RolloutState[] {
  return ROLLOUT_STATES.filter((state) => nextRolloutState(state, event) !== null);
}
