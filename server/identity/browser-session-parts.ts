import { and, eq, gt, inArray, isNull, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import { sessions } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";

/** My sessions that have neither ended nor expired, nor been ended all at once by a raised version. */
export const mine = (ctx: Ctx): SQL | undefined =>
  and(eq(sessions.userId, ctx.actor.userId), isNull(sessions.endedAt), gt(sessions.expiresAt, sql`now()`));

export async function end(ctx: Ctx, which: SQL | undefined): Promise<number> {
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
