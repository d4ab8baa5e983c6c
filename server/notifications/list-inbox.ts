import { and, count, desc, sql } from "drizzle-orm";
import { z } from "zod";
import { notifications } from "@/db/schema";
import { PageInput, decodeCursor, toPage } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { InboxFilter, where } from "./inbox-parts";

const ListInboxInput = PageInput.extend(InboxFilter.shape);

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
