import { setTimeout as sleep } from "node:timers/promises";
import { log } from "@/server/core/log";
import { type AttemptState, type Cluster, isTerminal, type Reconciliation } from "../port";
import { attemptFolder, readState } from "./attempt-folder";

const ORPHAN_REASON = "Stopped: the portal has no record of this attempt";
const ORPHAN_GRACE_MS = 2000;
const ORPHAN_END_TIMEOUT_MS = 15_000;

/** What reconciling needs of the cluster. */
export interface ReconcileTools {
  root: string;
  /** An unknown attempt younger than this is left: its row may be about to commit. */
  orphanGraceMs: number;
  list: Cluster["list"];
  stop: Cluster["stop"];
  require: (attemptId: string) => Promise<AttemptState>;
}

async function endOrphan(tools: ReconcileTools, attemptId: string): Promise<AttemptState> {
  log.warn({ attemptId }, "ending an attempt that nobody knows");
  const deadline = Date.now() + ORPHAN_END_TIMEOUT_MS;
  let state = await tools.stop(attemptId, { graceMs: ORPHAN_GRACE_MS, reason: ORPHAN_REASON });
  while (!isTerminal(state.phase) && Date.now() < deadline) {
    await sleep(100);
    state = await tools.require(attemptId);
  }
  return state;
}

/** See `Cluster.reconcile`. */
export async function reconcile(
  tools: ReconcileTools,
  knownAttemptIds: readonly string[],
): Promise<Reconciliation> {
  const known = new Set(knownAttemptIds);
  const openBefore = new Set(
    knownAttemptIds.filter((attemptId) => {
      const before = readState(attemptFolder(tools.root, attemptId));
      return before !== null && !isTerminal(before.phase);
    }),
  );
  const states = await tools.list();
  const present = new Set(states.map(({ attemptId }) => attemptId));
  const orphans = states.filter(
    ({ attemptId, phase, submittedAt }) =>
      !known.has(attemptId) &&
      !isTerminal(phase) &&
      Date.now() - Date.parse(submittedAt) >= tools.orphanGraceMs,
  );
  return {
    endedOrphans: await Promise.all(orphans.map(({ attemptId }) => endOrphan(tools, attemptId))),
    lost: states.filter(({ attemptId, phase }) => phase === "lost" && openBefore.has(attemptId)),
    missing: knownAttemptIds.filter((attemptId) => !present.has(attemptId)),
  };
}
