import { and, count, desc, eq, ilike, inArray, isNotNull, isNull, lte, or, sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { notifications } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { notifyLive } from "@/server/core/live";
import { decodeCursor, PageInput, toPage } from "@/server/core/pagination";
import { mutation, NoInput, query } from "@/server/core/verb";
import { inboxTopic } from "./kinds";

const InboxFilter = z.object({
  q: z.string().trim().max(100).optional(),
  /** open: not done yet. */
  state: z.enum(["open", "unread", "done"]).default("open"),
  kinds: z.array(z.string().max(40)).max(20).optional(),
});
const ListInboxInput = PageInput.extend(InboxFilter.shape);

function where(ctx: Ctx, filter: z.output<typeof InboxFilter>): SQL | undefined {
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

export const listInbox = query(
  {
    name: "notifications.inbox.list",
    permission: "notifications.inbox.read",
    input: ListInboxInput,
    summary: "My inbox in this team, newest first",
  },
  async ({ ctx, input }) => {
    const after = decodeCursor(input.cursor, z.tuple([z.string(), z.string()]));
    const filter = where(ctx, input);
    const [total] = await ctx.db.select({ n: count() }).from(notifications).where(filter);
    const rows = await ctx.db
      .select({
        id: notifications.id,
        kind: notifications.kind,
        title: notifications.title,
        body: notifications.body,
        href: notifications.href,
        reason: notifications.reason,
        subjectKind: notifications.subjectKind,
        subjectId: notifications.subjectId,
        createdAt: notifications.createdAt,
        readAt: notifications.readAt,
        doneAt: notifications.doneAt,
        // Microseconds are lost in a Date; the cursor keeps them.
        sortKey: sql<string>`to_char(${notifications.createdAt} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
      })
      .from(notifications)
      .where(
        and(
          filter,
          after
            ? sql`(${notifications.createdAt}, ${notifications.id}) < (${after[0]}::timestamptz, ${after[1]})`
            : undefined,
        ),
      )
      .orderBy(desc(notifications.createdAt), desc(notifications.id))
      .limit(input.limit + 1);
    return { ...toPage(rows, input.limit, (row) => [row.sortKey, row.id]), total: total?.n ?? 0 };
  },
);

export const countUnread = query(
  {
    name: "notifications.inbox.count_unread",
    permission: "notifications.inbox.read",
    input: NoInput,
    summary: "How many notices in this team I have not read",
  },
  async ({ ctx }) => {
    const [row] = await ctx.db
      .select({ n: count() })
      .from(notifications)
      .where(where(ctx, { state: "unread" }));
    return { unread: row?.n ?? 0 };
  },
);

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
