import { and, eq, ilike, inArray, isNotNull, isNull, or } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import { z } from "zod";
import { notifications } from "@/db/schema";
import type { Ctx } from "@/server/core/context";

export const InboxFilter = z.object({
  q: z.string().trim().max(100).optional(),
  /** open: not done yet. */
  state: z.enum(["open", "unread", "done"]).default("open"),
  kinds: z.array(z.string().max(40)).max(20).optional(),
});

export function where(ctx: Ctx, filter: z.output<typeof InboxFilter>): SQL | undefined {
  const pattern = filter.q ? `%${filter.q.replaceAll(/[\\%_]/g, String.raw`\$&`)}%` : undefined;
  return and(
    eq(notifications.userId, ctx.actor.userId),
    eq(notifications.teamId, ctx.actor.teamId),
    filter.state === "done" ? isNotNull(notifications.doneAt) : isNull(notifications.doneAt),
    filter.state === "unread" ? isNull(notifications.readAt) : undefined,
    filter.kinds?.length ? inArray(notifications.kind, filter.kinds) : undefined,
    pattern ? or(ilike(notifications.title, pattern), ilike(notifications.body, pattern)) : undefined,
  );
}
