import { and, eq } from "drizzle-orm";
import { quotaRequests } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { notFound } from "@/server/core/errors";

export type QuotaRequest = typeof quotaRequests.$inferSelect;

/** A request of the caller's team; with `any-team`, platform administrators see every team's. @throws AppError `not_found` */
export async function loadRequest(
  ctx: Ctx,
  id: string,
  scope: "own-team" | "any-team",
): Promise<QuotaRequest> {
  const everywhere = scope === "any-team" && ctx.actor.isPlatformAdmin;
  const [row] = await ctx.db
    .select()
    .from(quotaRequests)
    .where(
      and(eq(quotaRequests.id, id), everywhere ? undefined : eq(quotaRequests.teamId, ctx.actor.teamId)),
    );
  if (!row) throw notFound("quota request", id);
  return row;
}
