import { and, desc, eq, gt, isNull, or, sql } from "drizzle-orm";
import { alertGroups, alerts, alertSilences } from "@/db/schema";
import { readableDeployments } from "@/server/serving";
import { people } from "@/server/identity";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { conflict, notFound } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { mutation, query } from "@/server/core/verb";
import { ALERT_KINDS } from "./rules";
import { EndSilenceInput, ListSilencesInput, SilenceInput } from "../schemas";
import { alertsTopic } from "../kinds";

export interface Silenceable {
  kind: string;
  severity: string;
  subjectId: string;
  fingerprint: string;
}

type Silence = typeof alertSilences.$inferSelect;

const isOpen = (ctx: Ctx) =>
  and(
    eq(alertSilences.teamId, ctx.actor.teamId),
    isNull(alertSilences.endedBy),
    gt(alertSilences.endsAt, ctx.now()),
  );

const covers = (silence: Silence, alert: Silenceable): boolean =>
  [
    [silence.kind, alert.kind],
    [silence.severity, alert.severity],
    [silence.subjectId, alert.subjectId],
    [silence.fingerprint, alert.fingerprint],
  ].every(([wanted, is]) => wanted === null || wanted === is);

/** The team's silences that hold now. */
export const openSilences = (ctx: Ctx): Promise<Silence[]> =>
  ctx.db.select().from(alertSilences).where(isOpen(ctx)).orderBy(desc(alertSilences.endsAt));

/** The silence that an alert is under, the one that lasts longest. */
export const silenceOf = (silences: readonly Silence[], alert: Silenceable): Silence | undefined =>
  silences.find((silence) => covers(silence, alert));

/** What a silence is about, in words. */
function scopeOf(silence: { kind: string | null; severity: string | null }, subject: string | null): string {
  const kind =
    silence.kind && silence.kind in ALERT_KINDS
      ? ALERT_KINDS[silence.kind as keyof typeof ALERT_KINDS]
      : null;
  return [kind ?? "Every alert", silence.severity, subject ? `of ${subject}` : null]
    .filter(Boolean)
    .join(" ");
}

export const silenceAlerts = mutation(
  {
    name: "monitoring.silence.create",
    permission: "monitoring.alert.update",
    input: SilenceInput,
    summary: "Tell nobody of some alerts for a while",
  },
  async ({ ctx, input }) => {
    const endsAt = new Date(ctx.now().getTime() + input.minutes * 60_000);
    const [alert] = input.alertId
      ? await ctx.db
          .select()
          .from(alerts)
          .where(and(eq(alerts.id, input.alertId), eq(alerts.teamId, ctx.actor.teamId)))
      : [];
    if (input.alertId && !alert) throw notFound("alert", input.alertId);
    const [deployment] = input.deployment
      ? await ctx.db
          .select({ id: readableDeployments.id })
          .from(readableDeployments)
          .where(
            and(
              eq(readableDeployments.name, input.deployment),
              eq(readableDeployments.teamId, ctx.actor.teamId),
            ),
          )
      : [];
    if (input.deployment && !deployment) throw notFound("deployment", input.deployment);
    const row = {
      id: newId("silence"),
      teamId: ctx.actor.teamId,
      kind: input.kind ?? null,
      severity: input.severity ?? null,
      subjectId: deployment?.id ?? null,
      fingerprint: alert?.fingerprint ?? null,
      reason: input.reason,
      createdBy: ctx.actor.userId,
      createdAt: ctx.now(),
      endsAt,
    };
    await ctx.db.insert(alertSilences).values(row);
    await audit(ctx, {
      action: "monitoring.silence.create",
      subject: { kind: "silence", id: row.id, label: alert?.title ?? scopeOf(row, input.deployment ?? null) },
      after: {
        kind: row.kind,
        severity: row.severity,
        deployment: input.deployment,
        alert: row.fingerprint,
        endsAt,
      },
      reason: input.reason,
    });
    await notifyLive(ctx.db, ctx.actor.teamId, alertsTopic);
    return { silenceId: row.id, endsAt };
  },
);

export const endSilence = mutation(
  {
    name: "monitoring.silence.end",
    permission: "monitoring.alert.update",
    input: EndSilenceInput,
    summary: "End a silence before its time",
  },
  async ({ ctx, input }) => {
    const [row] = await ctx.db
      .update(alertSilences)
      .set({ endedBy: ctx.actor.userId, endsAt: ctx.now() })
      .where(and(eq(alertSilences.id, input.silenceId), isOpen(ctx)))
      .returning({ id: alertSilences.id, reason: alertSilences.reason });
    if (!row) {
      const [known] = await ctx.db
        .select({ id: alertSilences.id })
        .from(alertSilences)
        .where(and(eq(alertSilences.id, input.silenceId), eq(alertSilences.teamId, ctx.actor.teamId)));
      if (!known) throw notFound("silence", input.silenceId);
      throw conflict("This silence has ended already.", "Load the list again.");
    }
    // What it kept quiet and still fires is told at the next look.
    await ctx.db
      .update(alertGroups)
      .set({ flushAt: ctx.now() })
      .where(eq(alertGroups.teamId, ctx.actor.teamId));
    await audit(ctx, {
      action: "monitoring.silence.end",
      subject: { kind: "silence", id: row.id, label: row.reason },
      before: { state: "open" },
      after: { state: "ended" },
    });
    await notifyLive(ctx.db, ctx.actor.teamId, alertsTopic);
    return { silenceId: row.id };
  },
);

export const listSilences = query(
  {
    name: "monitoring.silence.list",
    permission: "monitoring.alert.read",
    input: ListSilencesInput,
    summary: "Silences that hold now, and those that ended lately",
  },
  async ({ ctx, input }) => {
    const rows = await ctx.db
      .select({
        silence: alertSilences,
        subject: readableDeployments.name,
        alert: alerts.title,
        by: people.name,
      })
      .from(alertSilences)
      .leftJoin(readableDeployments, eq(readableDeployments.id, alertSilences.subjectId))
      .leftJoin(
        alerts,
        and(eq(alerts.fingerprint, alertSilences.fingerprint), eq(alerts.teamId, alertSilences.teamId)),
      )
      .leftJoin(people, eq(people.id, alertSilences.createdBy))
      .where(
        input.state === "open"
          ? isOpen(ctx)
          : and(
              eq(alertSilences.teamId, ctx.actor.teamId),
              or(
                sql`${alertSilences.endedBy} is not null`,
                sql`${alertSilences.endsAt} <= ${ctx.now().toISOString()}::timestamptz`,
              ),
            ),
      )
      .orderBy(desc(alertSilences.endsAt), desc(alertSilences.id))
      .limit(200);
    return {
      items: rows.map(({ silence, subject, alert, by }) => ({
        id: silence.id,
        scope: alert ?? scopeOf(silence, subject),
        reason: silence.reason,
        by,
        createdAt: silence.createdAt,
        endsAt: silence.endsAt,
      })),
    };
  },
);
