import { and, eq, inArray, isNotNull, ne } from "drizzle-orm";
import { alertGroups, alertRouting, alerts } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { conflict, invalidField } from "@/server/core/errors";
import { notifyLive } from "@/server/core/live";
import { mutation } from "@/server/core/verb";
import { routeOf } from "./rules";
import { SetRoutingInput } from "./schemas";
import type { AlertRoute } from "./schemas";
import { peopleOf } from "./tell-people";
import { alertsTopic } from "../../kinds";
import { routingOf } from "./routing-parts";

/** Only who is in the team can be named: others would read of it. */
async function requireMembers(ctx: Ctx, routes: readonly AlertRoute[]): Promise<void> {
  const known = new Set((await peopleOf(ctx)).flatMap(({ userId, role }) => (role === null ? [] : [userId])));
  routes.forEach((route, i) => {
    const lists = [
      { path: `routes.${i}.userIds`, ids: route.userIds },
      ...route.escalation.map(({ userIds }, level) => ({
        path: `routes.${i}.escalation.${level}.userIds`,
        ids: userIds,
      })),
    ];
    for (const { path, ids } of lists)
      if (ids.some((id) => !known.has(id)))
        throw invalidField(path, "names somebody who is not in the team", "Choose among the team's members.");
  });
}

async function write(ctx: Ctx, routes: readonly AlertRoute[], revision: number): Promise<boolean> {
  const row = {
    routes,
    revision: revision + 1,
    updatedBy: ctx.actor.userId,
    updatedAt: ctx.now(),
  };
  const written =
    revision === 0
      ? await ctx.db
          .insert(alertRouting)
          .values({ teamId: ctx.actor.teamId, ...row })
          .onConflictDoNothing()
          .returning({ teamId: alertRouting.teamId })
      : await ctx.db
          .update(alertRouting)
          .set(row)
          .where(and(eq(alertRouting.teamId, ctx.actor.teamId), eq(alertRouting.revision, revision)))
          .returning({ teamId: alertRouting.teamId });
  return written.length > 0;
}

/** Open alerts that another route takes now are told by it as new ones; a route's other changes hold from the next look on, which is at once. */
async function regroup(ctx: Ctx, before: readonly AlertRoute[], after: readonly AlertRoute[]): Promise<void> {
  const own = eq(alerts.teamId, ctx.actor.teamId);
  const open = await ctx.db
    .select({ id: alerts.id, kind: alerts.kind, severity: alerts.severity })
    .from(alerts)
    .where(and(own, ne(alerts.state, "resolved")));
  const moved = open.filter((alert) => routeOf(before, alert).key !== routeOf(after, alert).key);
  const movedIds = moved.map(({ id }) => id);
  if (movedIds.length > 0)
    await ctx.db
      .update(alerts)
      .set({ groupId: null, toldAt: null, escalateAt: null, escalations: 0 })
      .where(and(own, inArray(alerts.id, movedIds)));
  await ctx.db
    .update(alertGroups)
    .set({ flushAt: ctx.now() })
    .where(and(eq(alertGroups.teamId, ctx.actor.teamId), isNotNull(alertGroups.toldAt)));
}

export const setRouting = mutation(
  {
    name: "monitoring.routing.set",
    permission: "monitoring.routing.write",
    input: SetRoutingInput,
    summary: "Say who is told of which alerts of the team",
  },
  async ({ ctx, input }) => {
    await requireMembers(ctx, input.routes);
    const before = await routingOf(ctx);
    if (!(await write(ctx, input.routes, input.revision)))
      throw conflict(
        "The routes have been changed since you looked.",
        "Load them again and repeat your change.",
        { revision: before.revision },
      );
    await regroup(ctx, before.routes, input.routes);
    await audit(ctx, {
      action: "monitoring.routing.set",
      subject: { kind: "alert_routing", id: ctx.actor.teamId, label: "Routes of alerts" },
      before: { routes: before.routes },
      after: { routes: input.routes },
    });
    await notifyLive(ctx.db, ctx.actor.teamId, alertsTopic);
    return { revision: input.revision + 1 };
  },
);
