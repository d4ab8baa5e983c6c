import { and, eq, inArray, lte, sql } from "drizzle-orm";
import { z } from "zod";
import { notifications } from "@/db/schema";
import { notifyLive } from "@/server/core/live";
import { mutation } from "@/server/core/verb";
import { inboxTopic } from "./kinds";
import { InboxFilter, where } from "./inbox-parts";

const MarkInput = z.object({
  as: z.enum(["read", "unread", "done", "open"]),
  /** These, or everything that the filter matches up to `until` (the moment the list was loaded). */
  ids: z.array(z.string().max(60)).max(500).optional(),
  all: InboxFilter.extend({ until: z.coerce.date() }).optional(),
});

export const markInbox = mutation(
  {
    name: "notifications.inbox.mark",
    permission: "notifications.inbox.update",
    input: MarkInput.refine(
      (input) => (input.ids === undefined) !== (input.all === undefined),
      "Name ids or a filter, not both.",
    ),
    summary: "Mark notices read, unread, done or open again",
    audit: "none: reading one's own inbox changes nothing that others rely on",
  },
  async ({ ctx, input }) => {
    const now = ctx.now();
    const change = {
      read: { readAt: now },
      unread: { readAt: null },
      done: { doneAt: now, readAt: sql`coalesce(${notifications.readAt}, now())` },
      open: { doneAt: null },
    }[input.as];
    const scope = input.all
      ? and(where(ctx, input.all), lte(notifications.createdAt, input.all.until))
      : and(eq(notifications.userId, ctx.actor.userId), inArray(notifications.id, input.ids ?? []));
    const changed = await ctx.db
      .update(notifications)
      .set(change)
      .where(scope)
      .returning({ id: notifications.id });
    if (changed.length > 0) await notifyLive(ctx.db, ctx.actor.teamId, inboxTopic(ctx.actor.userId));
    return { changed: changed.length };
  },
);
