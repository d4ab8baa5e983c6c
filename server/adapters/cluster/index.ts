export { pickBuildEnv } from "./local/build-env";
export { createLocalCluster, type LocalClusterSettings } from "./local/local-cluster";
export { type LogLine, parseLogLine } from "./log-line";
export {
  ATTEMPT_PHASES,
  type AttemptOutput,
  type AttemptPhase,
  AttemptSpec,
  type AttemptSpecInput,
  type AttemptState,
  type Cluster,
  isTerminal,
  ISOLATION_LEVELS,
  type IsolationLevel,
  type LogPiece,
  type Machine,
  type Reconciliation,
  type StopRequest,
} from "./port";
export { findGap, storedAt, writtenAt } from "./log-gap";
