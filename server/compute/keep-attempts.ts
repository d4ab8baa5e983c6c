const ENDED = new Set(["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]);

/** What is needed of the workflow engine. */
export interface Engine {
  /** How workflows stand, of those that were ever started: one question for all. */
  statuses: (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  start: (id: string, attemptId: string) => Promise<void>;
}

/**
 * Sees to it that every open attempt has a living workflow; one that ended too early is followed by another, under the next name. The
 * engine is asked once for all attempts, and once more for those of them whose workflow had ended.
 */
export async function keepAttempts(attemptIds: readonly string[], engine: Engine): Promise<void> {
  let asked = [...attemptIds];
  for (let round = 1; asked.length > 0; round += 1) {
    const idOf = (attemptId: string) => (round === 1 ? attemptId : `${attemptId}:${round}`);
    const statuses = await engine.statuses(asked.map(idOf));
    const next: string[] = [];
    for (const attemptId of asked) {
      const status = statuses.get(idOf(attemptId));
      if (status === undefined) await engine.start(idOf(attemptId), attemptId);
      else if (ENDED.has(status)) next.push(attemptId);
    }
    asked = next;
  }
}
