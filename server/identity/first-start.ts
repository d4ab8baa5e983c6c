import { and, count, eq, isNotNull, isNull, or } from "drizzle-orm";
import { users } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { createOneTimeLink, LINK_HOURS } from "./one-time-links";

/** People who can sign in and administer: neither demo accounts nor the service person of the bootstrap token. */
export async function hasAdministrator(ctx: Ctx): Promise<boolean> {
  const [row] = await ctx.db
    .select({ n: count() })
    .from(users)
    .where(
      and(
        eq(users.isPlatformAdmin, true),
        eq(users.isDemo, false),
        isNull(users.disabledAt),
        or(isNotNull(users.passwordHash), isNotNull(users.oidcSubject)),
      ),
    );
  return (row?.n ?? 0) > 0;
}

/** Without an administrator: a new one-time link, printed by the launcher; an unused older one ends. */
export async function ensureSetupLink(ctx: Ctx, portalUrl: string): Promise<string[]> {
  if (await hasAdministrator(ctx)) return [];
  const { token } = await createOneTimeLink(ctx, "setup");
  return [
    "",
    "  Nobody administers this installation yet. Open this link to make the first administrator and team:",
    `    ${portalUrl}/setup?token=${token}`,
    `  It works once, for ${LINK_HOURS} hours; the next start prints a new one.`,
    "",
  ];
}
