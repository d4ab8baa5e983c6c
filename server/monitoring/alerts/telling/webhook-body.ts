import type { alerts } from "@/db/schema";
import { runbookOf } from "../rules";
import { fingerprintOf, labelsBefore, type Labels } from "../alert-labels";
import { alertNameOf, groupOf } from "./rules";

/** What Alertmanager writes as the end of an alert that fires. */
const NEVER = "0001-01-01T00:00:00Z";

type Alert = typeof alerts.$inferSelect;

/** Whose alert it is, by the names that receivers know. */
export interface Named {
  team: string;
  deployment: string | null;
}

/** An alert's identity to a receiver; the same from firing to resolved. */
export const labelsOf = (
  alert: Pick<Alert, "kind" | "severity" | "fingerprint" | "subjectKind" | "subjectId">,
  { team, deployment }: Named,
): Labels => ({
  alertname: alertNameOf(alert.kind),
  severity: alert.severity,
  team,
  ...(deployment === null ? { subject: `${alert.subjectKind}:${alert.subjectId}` } : { deployment }),
  alert: alert.fingerprint,
});

export type ToldAlert = { alert: Alert; labels: Labels; status: "firing" | "resolved" };

function common(all: readonly Labels[]): Labels {
  const [first, ...rest] = all;
  return Object.fromEntries(
    Object.entries(first ?? {}).filter(([name, value]) => rest.every((each) => each[name] === value)),
  );
}

const annotationsOf = (alert: Alert, portalUrl: string) => ({
  summary: alert.title,
  description: alert.body,
  runbook_url: new URL(runbookOf(alert.kind), portalUrl).href,
});

/** Body of Alertmanager's webhook, version 4, for a group of alerts. */
export function webhookBody(groupKey: string, told: readonly ToldAlert[], portalUrl: string) {
  const sorted = told.toSorted((a, b) => labelsBefore(a.labels, b.labels));
  return {
    version: "4",
    groupKey,
    truncatedAlerts: 0,
    status: sorted.some(({ status }) => status === "firing") ? "firing" : "resolved",
    receiver: "modelworks",
    groupLabels: groupOf(sorted[0]?.labels ?? {}),
    commonLabels: common(sorted.map(({ labels }) => labels)),
    commonAnnotations: common(sorted.map(({ alert }) => annotationsOf(alert, portalUrl))),
    externalURL: portalUrl,
    alerts: sorted.map(({ alert, labels, status }) => ({
      status,
      labels,
      annotations: annotationsOf(alert, portalUrl),
      startsAt: alert.startedAt.toISOString(),
      endsAt: status === "resolved" ? (alert.resolvedAt ?? alert.updatedAt).toISOString() : NEVER,
      generatorURL: new URL(alert.href, portalUrl).href,
      fingerprint: fingerprintOf(labels),
    })),
  };
}
