export { decideRollout, type RolloutDecision, type RolloutSnapshot, type StageAction } from "./decide";
export { COMPARE, metricTests, type ArmEstimate, type MetricTest } from "./metric-tests";
export { isInverted, type LimitVerdict, type MetricStatus, type MetricVerdict } from "./judge-metric";
export {
  allowedActions,
  isFinished,
  nextRolloutState,
  ROLLOUT_EVENTS,
  ROLLOUT_STATES,
  statesAllowing,
  type RolloutAction,
  type RolloutEvent,
  type RolloutState,
} from "./states";
export * from "./schemas";
export { StoredVerdict } from "./stored-verdict";
