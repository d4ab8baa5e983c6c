import { and, eq, sql } from "drizzle-orm";
import { z } from "zod";
import { outboxDeliveries } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { conflict } from "@/server/core/errors";
import { tell } from "@/server/core/tell";
import { mutation } from "@/server/core/verb";

/** Gives every dead delivery its attempts back, or those of one handler. */
export const retryAllWork = mutation(
  {
    name: "platform.work.retry_all",
    permission: "platform.work.retry",
    input: z.object({ handler: z.string().min(1).max(200).optional() }),
    summary: "Retry every delivery that was given up",
  },
  async ({ ctx, input }) => {
    const revived = await ctx.db
      .update(outboxDeliveries)
      .set({ state: "pending", attempts: 0, nextAttemptAt: sql`now()`, finishedAt: null })
      .where(
        and(
          eq(outboxDeliveries.state, "dead"),
          input.handler ? eq(outboxDeliveries.handler, input.handler) : undefined,
        ),
      )
      .returning({ eventId: outboxDeliveries.eventId, handler: outboxDeliveries.handler });
    if (revived.length === 0) throw conflict("No delivery is dead.", "Reload the list to see its state.");
    await audit(ctx, {
      action: "platform.work.retry_all",
      subject: {
        kind: "delivery",
        id: input.handler ?? "all",
        label: input.handler ?? "All dead deliveries",
      },
      before: { state: "dead" },
      after: { state: "pending", count: revived.length, deliveries: revived.slice(0, 100) },
    });
    tell(ctx.db, "mw_outbox", "");
    return { retried: revived.length };
  },
);
