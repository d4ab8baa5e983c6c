import { count } from "drizzle-orm";
import { notifications } from "@/db/schema";
import { NoInput, query } from "@/server/core/verb";
import { where } from "./inbox-parts";

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
