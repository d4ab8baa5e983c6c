import { randomBytes } from "node:crypto";
import { and, eq, gt, isNull } from "drizzle-orm";
import { setupLinks } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { sha256Hex } from "@/server/core/digest";
import { precondition } from "@/server/core/errors";

export const LINK_HOURS = 24;

/** Purposes: `setup` makes the first administrator, `reset:<userId>` lets that person choose a password. */
export type LinkPurpose = "setup" | `reset:${string}`;

/** Makes a link's secret, good for 24 hours and one use; an unused one of the same purpose ends. */
export async function createOneTimeLink(
  ctx: Ctx,
  purpose: LinkPurpose,
): Promise<{ token: string; expiresAt: Date }> {
  await ctx.db.delete(setupLinks).where(and(eq(setupLinks.purpose, purpose), isNull(setupLinks.usedAt)));
  const token = randomBytes(32).toString("base64url");
  const expiresAt = new Date(ctx.now().getTime() + LINK_HOURS * 3_600_000);
  await ctx.db
    .insert(setupLinks)
    .values({ hash: sha256Hex(token), purpose, expiresAt, createdAt: ctx.now() });
  return { token, expiresAt };
}

const live = (ctx: Ctx, token: string) =>
  and(eq(setupLinks.hash, sha256Hex(token)), isNull(setupLinks.usedAt), gt(setupLinks.expiresAt, ctx.now()));

/** The purpose of a link that can still be used; undefined for an unknown, used or expired one. */
export async function readOneTimeLink(ctx: Ctx, token: string): Promise<string | undefined> {
  const [row] = await ctx.db.select({ purpose: setupLinks.purpose }).from(setupLinks).where(live(ctx, token));
  return row?.purpose;
}

/**
 * Uses the link up in the caller's transaction; of two claims at once one wins.
 * @throws AppError `precondition_failed` for an unknown, used or expired link.
 */
export async function useOneTimeLink(ctx: Ctx, token: string, prefix: "setup" | "reset:"): Promise<string> {
  const [row] = await ctx.db
    .update(setupLinks)
    .set({ usedAt: ctx.now() })
    .where(live(ctx, token))
    .returning({ purpose: setupLinks.purpose });
  if (row?.purpose.startsWith(prefix)) return row.purpose;
  throw precondition(
    "This link has been used or has expired.",
    "Ask a platform administrator for a new one.",
  );
}
