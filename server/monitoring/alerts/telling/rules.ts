import { labelText, type Labels } from "../alert-labels";
import { takingRoute } from "../rules";
import { AlertRoute } from "./schemas";

/** What is told of a group, by Alertmanager's fingerprints of the alerts' labels. */
export interface GroupLog {
  firing: readonly string[];
  resolved: readonly string[];
  /** Told as firing, and silenced at some time since. */
  muted: readonly string[];
  at: Date;
}

export interface GroupNow {
  /** Firing and under no silence, acknowledged or not. */
  firing: readonly string[];
  /** Of those, the ones that somebody looks after. */
  acknowledged: readonly string[];
  /** Over since the group was last told, of what was told as firing. */
  resolved: readonly string[];
}

export type NoticeReason = "first" | "new" | "all_resolved" | "resolved" | "repeat";

const isIn = (members: readonly string[]) => (each: string) => members.includes(each);

/**
 * Whether a group is told now, and why; in Alertmanager's order. Two things are ours: what everybody of the group has acknowledged is not
 * repeated, and what still fires after a silence is told as if it were new.
 */
export function noticeReason(
  last: GroupLog | null,
  group: GroupNow,
  nowMs: number,
  repeatMs: number | null,
): NoticeReason | null {
  if (last === null) return group.firing.length > 0 ? "first" : null;
  const isKnown = (each: string) => last.firing.includes(each) && !last.muted.includes(each);
  if (!group.firing.every(isKnown)) return "new";
  if (group.firing.length === 0)
    return group.resolved.length > 0 && last.firing.length > 0 ? "all_resolved" : null;
  if (!group.resolved.every(isIn(last.resolved))) return "resolved";
  const isLookedAfter = group.firing.every(isIn(group.acknowledged));
  if (repeatMs === null || isLookedAfter) return null;
  return last.at.getTime() < nowMs - repeatMs ? "repeat" : null;
}

/** What is kept of a group after a look at it. `muted`: firing, and under a silence. */
export function nextLog(
  last: GroupLog | null,
  group: GroupNow & { muted: readonly string[] },
  reason: NoticeReason | null,
  now: Date,
): GroupLog | null {
  // Its end is told all the same, so it stays among what was told as firing.
  const muted = group.muted.filter((each) => last?.firing.includes(each));
  if (reason === null)
    return last && { ...last, muted: [...new Set([...last.muted.filter(isIn(last.firing)), ...muted])] };
  return { firing: [...new Set([...group.firing, ...muted])], resolved: group.resolved, muted, at: now };
}

/** What a team without a route for an alert goes by: the owner and all who work in it, and the admins when nobody takes a critical one up. */
export const builtInRoute = (severity: string): AlertRoute =>
  AlertRoute.parse({
    roles: ["member", "reviewer", "admin"],
    escalation: severity === "critical" ? [{ afterMinutes: 30, roles: ["admin"] }] : [],
  });

export const alertNameOf = (kind: string): string =>
  `Modelworks${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;

/** The route's conditions as Alertmanager writes them in a group's key. */
function matchersOf({ kinds, severity }: AlertRoute): string {
  const names = kinds.map(alertNameOf);
  const matchers = [
    ...(names.length > 0 ? [`alertname${names.length > 1 ? "=~" : "="}"${names.join("|")}"`] : []),
    ...(severity ? [`severity="${severity}"`] : []),
  ];
  return `{${matchers.join(",")}}`;
}

/** The route that takes an alert, the first that matches, and how Alertmanager would call it. */
export function routeOf(
  routes: readonly AlertRoute[],
  alert: { kind: string; severity: string },
): { route: AlertRoute; index: number | null; key: string } {
  const index = takingRoute(routes, alert);
  const route = routes[index];
  return route
    ? { route, index, key: `{}/${matchersOf(route)}` }
    : { route: builtInRoute(alert.severity), index: null, key: "{}" };
}

/**
 * By what alerts come together: those of one deployment, and of one other subject. What is critical must not wait for the next look at a group
 * that was just told a warning.
 */
const GROUP_BY = ["severity", "team", "deployment", "subject"] as const;

export function groupOf(labels: Labels): Labels {
  return Object.fromEntries(
    GROUP_BY.flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]])),
  );
}

export const groupKeyOf = (routeKey: string, labels: Labels): string => `${routeKey}:${labelText(labels)}`;

export const ESCALATION_REASONS = { role: "Alerts escalate to your role", named: "Alerts escalate to you" };

/** When the next level of escalation is due, of an alert that was told and that nobody has acknowledged. */
export function escalationDue(route: AlertRoute, told: { toldAt: Date; escalations: number }): Date | null {
  const level = route.escalation[told.escalations];
  return level ? new Date(told.toldAt.getTime() + level.afterMinutes * 60_000) : null;
}
