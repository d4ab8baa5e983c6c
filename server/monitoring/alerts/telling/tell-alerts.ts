import { and, asc, eq, isNull, lte, ne } from "drizzle-orm";
import type { Db } from "@/db/client";
import { alertGroups, alerts } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { log } from "@/server/core/log";
import { escalateAlert } from "./escalate-alert";
import { groupAlerts } from "./group-alerts";
import { tellGroup } from "./tell-group";

const AT_ONCE = 500;

interface Due {
  id: string;
  teamId: string;
}

/** One that cannot be told must not keep the others from being told. */
async function each(due: readonly Due[], what: string, work: (item: Due) => Promise<void>): Promise<void> {
  for (const item of due)
    await work(item).catch((error: unknown) => log.error({ err: error, [what]: item.id }, "alerts not told"));
}

/** Tells what is to be told now: new alerts find their group, groups whose time has come are looked at, and what nobody took up escalates. */
export async function tellAlerts(db: Db, now: Date, actingFor: (teamId: string) => Ctx): Promise<void> {
  const fresh = await db
    .selectDistinct({ id: alerts.teamId, teamId: alerts.teamId })
    .from(alerts)
    .where(and(isNull(alerts.groupId), ne(alerts.state, "resolved")));
  await each(fresh, "team", ({ teamId }) => groupAlerts(actingFor(teamId)));
  const groups = await db
    .select({ id: alertGroups.id, teamId: alertGroups.teamId })
    .from(alertGroups)
    .where(lte(alertGroups.flushAt, now))
    .orderBy(asc(alertGroups.flushAt))
    .limit(AT_ONCE);
  await each(groups, "group", ({ id, teamId }) => tellGroup(actingFor(teamId), id));
  const unheard = await db
    .select({ id: alerts.id, teamId: alerts.teamId })
    .from(alerts)
    .where(and(eq(alerts.state, "firing"), lte(alerts.escalateAt, now)))
    .orderBy(asc(alerts.escalateAt))
    .limit(AT_ONCE);
  await each(unheard, "alert", ({ id, teamId }) => escalateAlert(actingFor(teamId), id));
}
