import { eq } from "drizzle-orm";
import { alertRouting } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { AlertRoutes } from "./schemas";
import type { AlertRoute } from "./schemas";

interface Routing {
  routes: AlertRoute[];
  /** 0 where the team has set nothing. */
  revision: number;
}

/** The team's routes as they are stored. */
export async function routingOf(ctx: Ctx): Promise<Routing> {
  const [row] = await ctx.db
    .select({ routes: alertRouting.routes, revision: alertRouting.revision })
    .from(alertRouting)
    .where(eq(alertRouting.teamId, ctx.actor.teamId));
  return { routes: AlertRoutes.parse(row?.routes ?? []), revision: row?.revision ?? 0 };
}
