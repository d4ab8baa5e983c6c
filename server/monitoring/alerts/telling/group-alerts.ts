import { and, asc, eq, isNull, ne, sql } from "drizzle-orm";
import { alertGroups, alerts } from "@/db/schema";
import { readableDeployments } from "@/server/serving";
import { allTeams } from "@/server/identity";
import type { Ctx } from "@/server/core/context";
import { newId } from "@/server/core/ids";
import { inTransaction } from "@/server/core/verb";
import { groupKeyOf, groupOf, routeOf } from "./rules";
import { routingOf } from "./routing-parts";
import { labelsOf } from "./webhook-body";

/** An alert with the names by which receivers know its team and deployment. */
export const namedAlerts = (ctx: Ctx) =>
  ctx.db
    .select({ alert: alerts, team: allTeams.slug, deployment: readableDeployments.name })
    .from(alerts)
    .innerJoin(allTeams, eq(allTeams.id, alerts.teamId))
    .leftJoin(
      readableDeployments,
      and(eq(readableDeployments.id, alerts.subjectId), eq(readableDeployments.teamId, alerts.teamId)),
    );

/** Gives each open alert that has none the group in which it is told, a new one with the time at which it is told first. */
export async function groupAlerts(outer: Ctx): Promise<void> {
  await inTransaction(outer, async (ctx) => {
    const { routes } = await routingOf(ctx);
    const rows = await namedAlerts(ctx)
      .where(and(eq(alerts.teamId, ctx.actor.teamId), isNull(alerts.groupId), ne(alerts.state, "resolved")))
      .orderBy(asc(alerts.startedAt), asc(alerts.id))
      .limit(1_000)
      .for("update", { of: alerts, skipLocked: true });
    for (const { alert, ...names } of rows) {
      const labels = groupOf(labelsOf(alert, names));
      const { route, key } = routeOf(routes, alert);
      const [group] = await ctx.db
        .insert(alertGroups)
        .values({
          id: newId("alertGroup"),
          teamId: alert.teamId,
          key: groupKeyOf(key, labels),
          labels,
          flushAt: new Date(alert.startedAt.getTime() + route.groupWaitSeconds * 1_000),
        })
        .onConflictDoUpdate({
          target: [alertGroups.teamId, alertGroups.key],
          // A group that is told already keeps its time.
          set: {
            flushAt: sql`case when ${alertGroups.toldAt} is null then least(${alertGroups.flushAt}, excluded.flush_at) else ${alertGroups.flushAt} end`,
          },
        })
        .returning({ id: alertGroups.id });
      if (group) await ctx.db.update(alerts).set({ groupId: group.id }).where(eq(alerts.id, alert.id));
    }
  });
}
