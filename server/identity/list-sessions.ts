import { desc } from "drizzle-orm";
import { sessions } from "@/db/schema";
import { NoInput, query } from "@/server/core/verb";
import { mine } from "./browser-session-parts";

const MAX_SESSIONS = 100;

export const listSessions = query(
  {
    name: "identity.session.list",
    permission: "identity.session.manage",
    input: NoInput,
    summary: "Where I am signed in",
  },
  async ({ ctx }) => {
    const items = await ctx.db
      .select({
        id: sessions.id,
        method: sessions.method,
        userAgent: sessions.userAgent,
        createdAt: sessions.createdAt,
        expiresAt: sessions.expiresAt,
      })
      .from(sessions)
      .where(mine(ctx))
      .orderBy(desc(sessions.createdAt), desc(sessions.id))
      .limit(MAX_SESSIONS);
    return { items: items.map((item) => ({ ...item, isThis: item.id === ctx.actor.sessionId })) };
  },
);
