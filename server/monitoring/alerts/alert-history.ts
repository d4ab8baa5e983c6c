import { and, desc, eq, inArray, sql } from "drizzle-orm";
import { z } from "zod";
import { alerts, auditLog } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { ALERT_HISTORY } from "./rules";

const Payload = z.object({
  reason: z.string().nullish(),
  after: z
    .object({
      notice: z.string().optional(),
      status: z.string().optional(),
      route: z.number().nullish(),
      people: z.array(z.object({ name: z.string() })).default([]),
      receiver: z.boolean().default(false),
    })
    .nullish()
    .catch(null),
});

/** Of an entry that says whom an alert was told to: who, by which route, and whether it was its end or a repetition. */
function toldOf(action: string, payload: z.output<typeof Payload> | undefined) {
  const isTelling = action === "monitoring.alert.tell" || action === "monitoring.alert.escalate";
  if (!isTelling || !payload?.after) return null;
  const { people, receiver, route, notice, status } = payload.after;
  return {
    people: people.map(({ name }) => name),
    toReceiver: receiver,
    /** Counted from 1; null: the built-in one, or whichever escalated. */
    route: route ?? null,
    isRepeat: notice === "repeat",
    isOver: status === "resolved",
  };
}

/** What happened to each of some alerts, newest first. */
export async function historyOf(ctx: Ctx, ids: readonly string[]) {
  if (ids.length === 0) return [];
  const latest = ctx.db
    .select({
      position: auditLog.position,
      id: auditLog.id,
      action: auditLog.action,
      actorName: auditLog.actorName,
      at: auditLog.at,
      payload: auditLog.payload,
    })
    .from(auditLog)
    .where(
      and(
        eq(auditLog.teamId, ctx.actor.teamId),
        eq(auditLog.subjectKind, "alert"),
        eq(auditLog.subjectId, alerts.id),
      ),
    )
    .orderBy(desc(auditLog.position))
    .limit(ALERT_HISTORY)
    .as("latest");
  const rows = await ctx.db
    .select({
      alertId: alerts.id,
      id: latest.id,
      action: latest.action,
      actorName: latest.actorName,
      at: latest.at,
      payload: latest.payload,
    })
    .from(alerts)
    .innerJoinLateral(latest, sql`true`)
    .where(and(eq(alerts.teamId, ctx.actor.teamId), inArray(alerts.id, [...ids])))
    .orderBy(desc(latest.position));
  return rows.map(({ payload, ...entry }) => {
    const read = Payload.safeParse(JSON.parse(payload)).data;
    return { ...entry, reason: read?.reason ?? null, told: toldOf(entry.action, read) };
  });
}
