import { and, desc, eq, gt, inArray, isNull, ne, sql, type SQL } from "drizzle-orm";
import { sessions } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { mutation, NoInput, query } from "@/server/core/verb";
import { SessionInput } from "./schemas";

const MAX_SESSIONS = 100;

/** My sessions that have neither ended nor expired, nor been ended all at once by a raised version. */
const mine = (ctx: Ctx): SQL | undefined =>
  and(eq(sessions.userId, ctx.actor.userId), isNull(sessions.endedAt), gt(sessions.expiresAt, sql`now()`));

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

async function end(ctx: Ctx, which: SQL | undefined): Promise<number> {
  const open = await ctx.db
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(mine(ctx), which))
    .for("update");
  const ids = open.map((row) => row.id);
  if (ids.length > 0)
    await ctx.db.update(sessions).set({ endedAt: ctx.now() }).where(inArray(sessions.id, ids));
  await audit(ctx, {
    action: "identity.session.end",
    subject: { kind: "person", id: ctx.actor.userId, label: ctx.actor.name },
    after: { ended: ids.length },
  });
  return ids.length;
}

export const endSession = mutation(
  {
    name: "identity.session.end",
    permission: "identity.session.manage",
    input: SessionInput,
    summary: "End one of my sessions at once",
  },
  async ({ ctx, input }) => {
    const ended = await end(ctx, eq(sessions.id, input.sessionId));
    if (ended === 0) throw notFound("session", input.sessionId);
    return { ended };
  },
);

export const endOtherSessions = mutation(
  {
    name: "identity.session.end_others",
    permission: "identity.session.manage",
    input: NoInput,
    summary: "End my sessions in all other browsers",
  },
  async ({ ctx }) => ({ ended: await end(ctx, ne(sessions.id, ctx.actor.sessionId ?? "")) }),
);
