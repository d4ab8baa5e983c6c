import { and, eq, inArray, sql } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import { alerts } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { inTransaction } from "@/server/core/verb";
import type { AlertKind } from "./rules";
import { alertsTopic, monitoringTopic } from "../kinds";
import { topicsOfThing } from "@/server/plates/kinds";

export interface AlertDraft {
  /** Identity: the same fingerprint in a team is the same alert, however often its cause is seen. */
  fingerprint: string;
  kind: AlertKind;
  severity: "critical" | "warning";
  title: string;
  body: string;
  href: string;
  subject: { kind: string; id: string };
  ownerId: string;
}

/**
 * Raises an alert, or keeps an open one up to date. A resolved one with the same fingerprint fires anew. People and the receiver are told by
 * the team's routes, with what else happens to the same subject (`telling/`). Returns whether it started now.
 */
export function raiseAlert(outer: Ctx, draft: AlertDraft): Promise<boolean> {
  return inTransaction(outer, async (ctx) => {
    const { subject, ...values } = draft;
    const now = ctx.now();
    const row = { ...values, subjectKind: subject.kind, subjectId: subject.id, updatedAt: now };
    const [started] = await ctx.db
      .insert(alerts)
      .values({ ...row, id: newId("alert"), teamId: ctx.actor.teamId, startedAt: now })
      .onConflictDoUpdate({
        target: [alerts.teamId, alerts.fingerprint],
        set: {
          ...row,
          state: "firing",
          startedAt: now,
          resolvedAt: null,
          acknowledgedBy: null,
          groupId: null,
          toldAt: null,
          escalateAt: null,
          escalations: 0,
        },
        setWhere: eq(alerts.state, "resolved"),
      })
      .returning({ id: alerts.id });
    if (!started) {
      const ifSameSeverity = (column: AnyPgColumn) =>
        sql`case when ${alerts.severity} = ${draft.severity} then ${column} end`;
      await ctx.db
        .update(alerts)
        .set({
          title: draft.title,
          body: draft.body,
          severity: draft.severity,
          updatedAt: now,
          // Another severity may be another route's, which tells it as new.
          groupId: ifSameSeverity(alerts.groupId),
          toldAt: ifSameSeverity(alerts.toldAt),
          escalateAt: ifSameSeverity(alerts.escalateAt),
        })
        .where(and(eq(alerts.teamId, ctx.actor.teamId), eq(alerts.fingerprint, draft.fingerprint)));
      return false;
    }
    await audit(ctx, {
      action: "monitoring.alert.raise",
      subject: { kind: "alert", id: started.id, label: draft.title },
      after: { state: "firing", kind: draft.kind, severity: draft.severity },
      reason: draft.body,
    });
    await emit(ctx, { type: "monitoring.alert_raised", payload: { alertId: started.id } });
    await notifyLive(
      ctx.db,
      ctx.actor.teamId,
      alertsTopic,
      monitoringTopic,
      ...topicsOfThing(subject.kind, subject.id),
    );
    return true;
  });
}

/** Resolves open alerts of a kind on a subject, because their cause is gone. Returns how many. */
export function resolveAlerts(
  outer: Ctx,
  which: { kind: AlertDraft["kind"]; subjectId: string; reason: string },
): Promise<number> {
  return inTransaction(outer, async (ctx) => {
    const rows = await ctx.db
      .update(alerts)
      .set({ state: "resolved", resolvedAt: ctx.now(), updatedAt: ctx.now(), escalateAt: null })
      .where(
        and(
          eq(alerts.teamId, ctx.actor.teamId),
          eq(alerts.kind, which.kind),
          eq(alerts.subjectId, which.subjectId),
          inArray(alerts.state, ["firing", "acknowledged"]),
        ),
      )
      .returning({ id: alerts.id, title: alerts.title });
    for (const row of rows) {
      await audit(ctx, {
        action: "monitoring.alert.resolve",
        subject: { kind: "alert", id: row.id, label: row.title },
        after: { state: "resolved" },
        reason: which.reason,
      });
      await emit(ctx, { type: "monitoring.alert_resolved", payload: { alertId: row.id } });
    }
    if (rows.length > 0) await notifyLive(ctx.db, ctx.actor.teamId, alertsTopic, monitoringTopic);
    return rows.length;
  });
}
