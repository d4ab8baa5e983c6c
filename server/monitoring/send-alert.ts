import { and, eq } from "drizzle-orm";
import { alerts, deployments, teams } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { env } from "@/server/core/env";
import { runbookOf } from "./alert-kinds";
import { openSilences, silenceOf } from "./silences";
import { fingerprintOf, labelText } from "./alert-labels";

const TIMEOUT_MS = 10_000;
/** What Alertmanager writes as the end of an alert that fires. */
const NEVER = "0001-01-01T00:00:00Z";

type Alert = typeof alerts.$inferSelect;

/** Body of Alertmanager's webhook, version 4. Labels are the alert's identity and stay the same from firing to resolved. */
export function webhookBody(alert: Alert, team: string, deployment: string | null, portalUrl: string) {
  const status = alert.state === "resolved" ? "resolved" : "firing";
  const labels = {
    alertname: `Modelworks${alert.kind.charAt(0).toUpperCase()}${alert.kind.slice(1)}`,
    severity: alert.severity,
    team,
    ...(deployment === null ? {} : { deployment }),
    alert: alert.fingerprint,
  };
  const group = { team, alert: alert.fingerprint };
  const annotations = {
    summary: alert.title,
    description: alert.body,
    runbook_url: new URL(runbookOf(alert.kind), portalUrl).href,
  };
  const link = new URL(alert.href, portalUrl).href;
  return {
    version: "4",
    groupKey: `{}:${labelText(group)}`,
    truncatedAlerts: 0,
    status,
    receiver: "modelworks",
    groupLabels: group,
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: portalUrl,
    alerts: [
      {
        status,
        labels,
        annotations,
        startsAt: alert.startedAt.toISOString(),
        endsAt: status === "resolved" ? (alert.resolvedAt ?? alert.updatedAt).toISOString() : NEVER,
        generatorURL: link,
        fingerprint: fingerprintOf(labels),
      },
    ],
  };
}

async function load(ctx: Ctx, alertId: string) {
  const [row] = await ctx.db
    .select({ alert: alerts, team: teams.slug, deployment: deployments.name })
    .from(alerts)
    .innerJoin(teams, eq(teams.id, alerts.teamId))
    .leftJoin(deployments, eq(deployments.id, alerts.subjectId))
    .where(and(eq(alerts.id, alertId), eq(alerts.teamId, ctx.actor.teamId)));
  return row;
}

/**
 * Sends an alert as it is now to the operator's receiver, if there is one. At least once, like Alertmanager itself: a delivery that fails is
 * tried again by the outbox. What changed while it was sent is sent after it, so that the receiver ends with the present state in whatever
 * order two deliveries arrive.
 * @throws Error when the receiver does not take it.
 */
export async function sendAlert(ctx: Ctx, alertId: string): Promise<void> {
  const { alertWebhook, portalUrl } = env();
  if (!alertWebhook) return;
  const silences = await openSilences(ctx);
  for (let sent = await load(ctx, alertId); sent;) {
    // The end of an alert is told all the same: the receiver may have heard of its beginning.
    if (sent.alert.state !== "resolved" && silenceOf(silences, sent.alert)) return;
    // oxlint-disable no-await-in-loop -- the next one depends on the answer to this one
    await post(alertWebhook, webhookBody(sent.alert, sent.team, sent.deployment, portalUrl));
    const now = await load(ctx, alertId);
    // oxlint-enable no-await-in-loop
    if (now?.alert.state === sent.alert.state) return;
    sent = now;
  }
}

async function post(receiver: { url: string; token?: string | undefined }, body: object): Promise<void> {
  const response = await fetch(receiver.url, {
    method: "POST",
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      "content-type": "application/json",
      "user-agent": "modelworks",
      ...(receiver.token ? { authorization: `Bearer ${receiver.token}` } : {}),
    },
    body: JSON.stringify(body),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the alert receiver answered ${response.status}`);
}
