/**
 * When drift is judged, and how sure it must be. Each look at quiet traffic may be a false alarm, so looks are rationed and share what a week
 * may cost: at most one look an hour, none at requests that were judged before, each with its part of the week's chance. The parts add up
 * whatever the looks have in common (all of them meet the same reference).
 */
export const LOOK_EVERY_MS = 3_600_000;
const WEEK_MS = 7 * 86_400_000;
/** Chance that a deployment whose inputs do not change alarms within a week. */
export const WEEKLY_FALSE_ALARMS = 0.01;
export const LOOKS_PER_WEEK = WEEK_MS / LOOK_EVERY_MS;
/** Half of the week's chance: the other half is for what the tests' approximations miss so far in the tail (`npm run bench:drift`). */
export const ALPHA_OF_A_LOOK = WEEKLY_FALSE_ALARMS / 2 / LOOKS_PER_WEEK;

/** Values that each side needs before a feature is judged. */
export const MIN_VALUES = 50;
/** The first look does not wait an hour when there are as many requests. */
export const FIRST_LOOK_REQUESTS = 300;
/** Under this many rows a reference tells only large differences from chance. */
export const SMALL_REFERENCE_ROWS = 1_000;

/** Whether to look now: `waiting` requests came since the last look, the first of them at `oldestAtMs`. */
export function isLookDue(state: {
  nowMs: number;
  lastLookAtMs: number | undefined;
  waiting: number;
  oldestAtMs: number | undefined;
}): boolean {
  const { nowMs, lastLookAtMs, waiting, oldestAtMs } = state;
  if (waiting < MIN_VALUES || oldestAtMs === undefined) return false;
  if (lastLookAtMs !== undefined) return nowMs - lastLookAtMs >= LOOK_EVERY_MS;
  return waiting >= FIRST_LOOK_REQUESTS || nowMs - oldestAtMs >= LOOK_EVERY_MS;
}
