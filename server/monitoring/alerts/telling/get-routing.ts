import { env } from "@/server/core/env";
import { NoInput, query } from "@/server/core/verb";
import { builtInRoute } from "./rules";
import { peopleOf } from "./tell-people";
import { routingOf } from "./routing-parts";

export const getRouting = query(
  {
    name: "monitoring.routing.read",
    permission: "monitoring.alert.read",
    input: NoInput,
    summary: "Who is told of which alerts of the team, how often, and to whom they escalate",
  },
  async ({ ctx }) => ({
    ...(await routingOf(ctx)),
    /** What takes an alert that no route matches. */
    builtIn: { critical: builtInRoute("critical"), warning: builtInRoute("warning") },
    people: (await peopleOf(ctx)).filter(({ role }) => role !== null),
    hasReceiver: env().alertWebhook !== undefined,
  }),
);
