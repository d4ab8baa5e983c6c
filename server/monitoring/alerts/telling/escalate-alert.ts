import { and, eq } from "drizzle-orm";
import { alerts } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { notifyLive } from "@/server/core/live";
import { inTransaction } from "@/server/core/verb";
import { alertsHref } from "../rules";
import { openSilences, silenceOf } from "../silences";
import { namedAlerts } from "./group-alerts";
import { routingOf } from "./routing-parts";
import { ESCALATION_REASONS, escalationDue, routeOf } from "./rules";
import { tellPeople } from "./tell-people";
import { alertsTopic } from "../../kinds";

/** Tells the next level of an alert that nobody acknowledged in time; each level once for each time it starts. */
export async function escalateAlert(outer: Ctx, alertId: string): Promise<void> {
  await inTransaction(outer, async (ctx) => {
    const [named] = await namedAlerts(ctx)
      .where(and(eq(alerts.id, alertId), eq(alerts.teamId, ctx.actor.teamId), eq(alerts.state, "firing")))
      .for("update", { of: alerts, skipLocked: true });
    const alert = named?.alert;
    if (!alert?.toldAt || !alert.escalateAt || alert.escalateAt > ctx.now()) return;
    if (silenceOf(await openSilences(ctx), alert)) return;
    const { route } = routeOf((await routingOf(ctx)).routes, alert);
    const level = route.escalation[alert.escalations];
    if (level) {
      const minutes = `${level.afterMinutes} minute${level.afterMinutes === 1 ? "" : "s"}`;
      const reason = `Nobody acknowledged it within ${minutes}.`;
      const people = await tellPeople(
        ctx,
        {
          dedupKey: `alert:${alert.id}:${alert.startedAt.getTime()}:level-${alert.escalations + 1}`,
          title: `Escalated: ${alert.title}`,
          body: `${reason} ${alert.body}`,
          href: alertsHref(named?.deployment),
          subject: { kind: alert.subjectKind, id: alert.subjectId },
        },
        { ...level, owners: [], reasons: ESCALATION_REASONS, orElse: true },
      );
      await audit(ctx, {
        action: "monitoring.alert.escalate",
        subject: { kind: "alert", id: alert.id, label: alert.title },
        after: { level: alert.escalations + 1, roles: level.roles, userIds: level.userIds, people },
        reason,
      });
      await notifyLive(ctx.db, ctx.actor.teamId, alertsTopic);
    }
    const escalations = alert.escalations + (level ? 1 : 0);
    await ctx.db
      .update(alerts)
      .set({ escalations, escalateAt: escalationDue(route, { toldAt: alert.toldAt, escalations }) })
      .where(eq(alerts.id, alert.id));
  });
}
