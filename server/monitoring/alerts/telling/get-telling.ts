import { and, eq, inArray, ne, sql } from "drizzle-orm";
import { alertDeliveries, alertGroups, alerts } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { env } from "@/server/core/env";
import { query } from "@/server/core/verb";
import { openSilences, silenceOf } from "../silences";
import { TellingInput } from "../../schemas";
import { hearersOf, type Hearers } from "./hearers";
import { nextNotice } from "./next-notice";
import { routingOf } from "./routing-parts";
import { ESCALATION_REASONS, routeOf } from "./rules";
import { peopleOf } from "./tell-people";

type Silences = Awaited<ReturnType<typeof openSilences>>;

const openOnes = (ctx: Ctx, ids: readonly string[]) =>
  ctx.db
    .select({
      alert: alerts,
      group: { flushAt: alertGroups.flushAt, toldAt: alertGroups.toldAt },
      waiting: sql<number>`(select count(*)::int from ${alertDeliveries} where ${alertDeliveries.groupId} = ${alertGroups.id})`,
    })
    .from(alerts)
    .leftJoin(alertGroups, and(eq(alertGroups.id, alerts.groupId), eq(alertGroups.teamId, alerts.teamId)))
    .where(
      and(eq(alerts.teamId, ctx.actor.teamId), ne(alerts.state, "resolved"), inArray(alerts.id, [...ids])),
    );

/** Groups of which something fires that nobody has acknowledged, and that is not silenced. */
async function unheardGroups(
  ctx: Ctx,
  groupIds: readonly string[],
  silences: Silences,
): Promise<Set<string>> {
  if (groupIds.length === 0) return new Set();
  const firing = await ctx.db
    .select()
    .from(alerts)
    .where(
      and(
        eq(alerts.teamId, ctx.actor.teamId),
        eq(alerts.state, "firing"),
        inArray(alerts.groupId, [...groupIds]),
      ),
    );
  return new Set(
    firing.flatMap((alert) => (alert.groupId && !silenceOf(silences, alert) ? [alert.groupId] : [])),
  );
}

export const getTelling = query(
  {
    name: "monitoring.alert.telling",
    permission: "monitoring.alert.read",
    input: TellingInput,
    summary: "Who is told next of open alerts, when and by which route, unless somebody acknowledges them",
  },
  async ({ ctx, input }) => {
    const rows = await openOnes(ctx, input.alertIds);
    const { routes } = await routingOf(ctx);
    const people = await peopleOf(ctx);
    const silences = await openSilences(ctx);
    const groupIds = rows.flatMap(({ alert }) => alert.groupId ?? []);
    const unheard = await unheardGroups(ctx, groupIds, silences);
    const names = (to: Hearers) => hearersOf(people, to).map(({ name }) => name);
    const items = rows.map(({ alert, group, waiting }) => {
      const { route, index } = routeOf(routes, alert);
      const isSilenced = silenceOf(silences, alert) !== undefined;
      const toReceiver = route.webhook && env().alertWebhook !== undefined;
      const isUnheard = alert.groupId !== null && unheard.has(alert.groupId);
      const level = route.escalation[alert.escalations];
      const isEscalating = alert.state === "firing" && !isSilenced && level !== undefined;
      return {
        alertId: alert.id,
        /** Place of the route that takes it, from 0; null for the built-in one. */
        routeIndex: index,
        /** When it was first told since it began. */
        toldAt: alert.toldAt,
        next: isSilenced ? null : nextNotice(route, { alert, group, isUnheard }),
        people: names({ ...route, owners: route.owner ? [alert.ownerId] : [], orElse: !toReceiver }),
        toReceiver,
        escalation:
          isEscalating && alert.escalateAt
            ? {
                at: alert.escalateAt,
                people: names({ ...level, owners: [], reasons: ESCALATION_REASONS, orElse: true }),
              }
            : null,
        /** Messages of its group that the operator's receiver has not taken yet. */
        receiverWaiting: waiting,
      };
    });
    return { items };
  },
);
