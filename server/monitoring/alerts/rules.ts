/** What an alert can be about; each kind has a page that says what it means and what to do. Pure: pages read it, too. */
export const ALERT_KINDS = {
  rollback: "Rollback",
  errors: "Errors",
  drift: "Drift",
  approval: "Approval",
  "policy-grace": "Policy in grace",
  "policy-stop": "Stopped by policy",
  serving: "Not served",
  latency: "Latency",
  accuracy: "Accuracy",
  confidence: "Confidence",
  traffic: "No traffic",
  promotion: "Worse after promotion",
  recording: "Recording of predictions",
} as const;
export type AlertKind = keyof typeof ALERT_KINDS;

export const ALERT_KIND_NAMES = Object.keys(ALERT_KINDS).filter(
  (kind): kind is AlertKind => kind in ALERT_KINDS,
);

/** Entries of one alert's history that a list gives, the newest: an alert that is told every hour must not push out what happened to the others. */
export const ALERT_HISTORY = 30;

/** Address of the kind's runbook in the portal. */
export const runbookOf = (kind: string): string => `/docs/runbooks/${kind in ALERT_KINDS ? kind : "errors"}`;

/** Where the open alerts of a deployment are acted on; of the team, where an alert is about something else. `over`: those that have ended. */
export function alertsHref(deployment: string | null | undefined, over = false): string {
  const query = new URLSearchParams({
    ...(over ? { state: "resolved" } : {}),
    ...(deployment ? { deployment } : {}),
  });
  return query.size > 0 ? `/alerts?${query.toString()}` : "/alerts";
}

/** Place of the route that takes an alert, the first that matches; -1: none does. */
export const takingRoute = (
  routes: readonly { kinds: readonly string[]; severity: string | null }[],
  alert: { kind: string; severity: string },
): number =>
  routes.findIndex(
    ({ kinds, severity }) =>
      (severity === null || severity === alert.severity) &&
      (kinds.length === 0 || kinds.includes(alert.kind)),
  );
