import type { AlertRoute } from "./schemas";

/** What is known of an open alert that is under no silence, and of the group in which it is told. */
export interface Awaiting {
  alert: { startedAt: Date; toldAt: Date | null };
  /** Null until the next look gives it one. */
  group: { flushAt: Date; toldAt: Date | null } | null;
  /** Whether anything of its group waits for somebody to acknowledge it. */
  isUnheard: boolean;
}

/** When an alert is told next, at the earliest: for the first time, or again while nobody looks after it. Null: not again. */
export function nextNotice(
  route: AlertRoute,
  { alert, group, isUnheard }: Awaiting,
): { at: Date; isRepeat: boolean } | null {
  if (!alert.toldAt || !group?.toldAt) {
    const waits = new Date(alert.startedAt.getTime() + route.groupWaitSeconds * 1_000);
    return { at: group?.flushAt ?? waits, isRepeat: false };
  }
  if (route.repeatMinutes === null || !isUnheard) return null;
  return { at: new Date(group.toldAt.getTime() + route.repeatMinutes * 60_000), isRepeat: true };
}
