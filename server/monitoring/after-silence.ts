import { and, eq, gt, lte, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { alerts, alertSilences } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { emit } from "@/server/core/outbox";
import { inTransaction } from "@/server/core/verb";
import { tellPeople } from "./raise-alert";
import { openSilences, silenceOf } from "./silences";

/** Silences that ended within this time are looked at; a worker may be away for as long. */
const LOOK_BACK_MS = 24 * 3_600_000;

/** Tells of alerts that still fire when their silence is over, those who have not been told. */
async function tellTeam(outer: Ctx): Promise<void> {
  await inTransaction(outer, async (ctx) => {
    const silences = await openSilences(ctx);
    const firing = await ctx.db
      .select()
      .from(alerts)
      .where(and(eq(alerts.teamId, ctx.actor.teamId), eq(alerts.state, "firing")));
    for (const alert of firing) {
      if (silenceOf(silences, alert)) continue;
      // Who was told when it started is not told again: the key of the notice is the same.
      const told = await tellPeople(ctx, alert.id, alert.startedAt, {
        title: alert.title,
        body: alert.body,
        href: alert.href,
        subject: { kind: alert.subjectKind, id: alert.subjectId },
        ownerId: alert.ownerId,
      });
      if (told > 0) await emit(ctx, { type: "monitoring.alert_raised", payload: { alertId: alert.id } });
    }
  });
}

export async function tellAfterSilences(
  db: Db,
  now: Date,
  actingFor: (teamId: string) => Ctx,
): Promise<void> {
  const teams = await db
    .selectDistinct({ id: alertSilences.teamId })
    .from(alertSilences)
    .where(
      and(
        lte(alertSilences.endsAt, now),
        gt(
          alertSilences.endsAt,
          sql`${now.toISOString()}::timestamptz - make_interval(secs => ${LOOK_BACK_MS / 1000})`,
        ),
      ),
    );
  for (const { id } of teams) await tellTeam(actingFor(id));
}
