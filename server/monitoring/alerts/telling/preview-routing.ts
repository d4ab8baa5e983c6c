import { and, eq } from "drizzle-orm";
import { readableDeployments } from "@/server/serving";
import type { Ctx } from "@/server/core/context";
import { env } from "@/server/core/env";
import { notFound } from "@/server/core/errors";
import { query } from "@/server/core/verb";
import { hearersOf } from "./hearers";
import { routingOf } from "./routing-parts";
import { ESCALATION_REASONS, routeOf } from "./rules";
import { PreviewRoutingInput } from "./schemas";
import { peopleOf } from "./tell-people";

async function ownerOf(ctx: Ctx, name: string): Promise<string> {
  const [row] = await ctx.db
    .select({ ownerId: readableDeployments.ownerId })
    .from(readableDeployments)
    .where(and(eq(readableDeployments.teamId, ctx.actor.teamId), eq(readableDeployments.name, name)));
  if (!row) throw notFound("deployment", name);
  return row.ownerId;
}

export const previewRouting = query(
  {
    name: "monitoring.routing.preview",
    permission: "monitoring.alert.read",
    input: PreviewRoutingInput,
    summary: "Who would be told of an alert, by the team's routes or by routes that are not saved yet",
  },
  async ({ ctx, input }) => {
    const routes = input.routes ?? (await routingOf(ctx)).routes;
    const { route, index } = routeOf(routes, input);
    const people = await peopleOf(ctx);
    const owners = route.owner && input.deployment ? [await ownerOf(ctx, input.deployment)] : [];
    const toReceiver = route.webhook && env().alertWebhook !== undefined;
    const told = (to: Parameters<typeof hearersOf>[1]) =>
      hearersOf(people, to).map(({ userId, name, reason }) => ({ userId, name, reason }));
    return {
      /** Place of the route that takes it, from 0; null for the built-in one. */
      routeIndex: index,
      groupWaitSeconds: route.groupWaitSeconds,
      repeatMinutes: route.repeatMinutes,
      toReceiver,
      /** Whether the owner of what it is about is told besides: a preview that names no deployment cannot say who that is. */
      toOwner: route.owner && input.deployment === undefined,
      people: told({
        ...route,
        owners,
        orElse: !toReceiver && !(route.owner && input.deployment === undefined),
      }),
      escalation: route.escalation.map((level) => ({
        afterMinutes: level.afterMinutes,
        people: told({ ...level, owners: [], reasons: ESCALATION_REASONS, orElse: true }),
      })),
    };
  },
);
