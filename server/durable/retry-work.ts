import { and, eq, sql } from "drizzle-orm";
import { z } from "zod";
import { outboxDeliveries } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { conflict, notFound } from "@/server/core/errors";
import { tell } from "@/server/core/tell";
import { mutation } from "@/server/core/verb";

export const RetryWorkInput = z.object({
  eventId: z.string().min(1).max(100),
  handler: z.string().min(1).max(200),
});

/** Gives a dead delivery its attempts back. A delivery in any other state is a conflict. */
export const retryWork = mutation(
  {
    name: "platform.work.retry",
    permission: "platform.work.retry",
    input: RetryWorkInput,
    summary: "Retry a delivery that was given up",
  },
  async ({ ctx, input }) => {
    const own = and(eq(outboxDeliveries.eventId, input.eventId), eq(outboxDeliveries.handler, input.handler));
    const [revived] = await ctx.db
      .update(outboxDeliveries)
      .set({ state: "pending", attempts: 0, nextAttemptAt: sql`now()`, finishedAt: null })
      .where(and(own, eq(outboxDeliveries.state, "dead")))
      .returning({ lastError: outboxDeliveries.lastError });
    if (!revived) {
      const [row] = await ctx.db.select({ state: outboxDeliveries.state }).from(outboxDeliveries).where(own);
      if (!row) throw notFound("delivery", `${input.eventId}/${input.handler}`);
      throw conflict(`This delivery is ${row.state}, not dead.`, "Reload the list to see its state.");
    }
    await audit(ctx, {
      action: "platform.work.retry",
      subject: { kind: "delivery", id: input.eventId, label: input.handler },
      before: { state: "dead", lastError: revived.lastError },
      after: { state: "pending" },
    });
    tell(ctx.db, "mw_outbox", "");
    return { eventId: input.eventId, handler: input.handler, state: "pending" as const };
  },
);
