import { and, asc, eq, isNotNull, isNull, or } from "drizzle-orm";
import type { Db } from "@/db/client";
import { users } from "@/db/schema";

/** People who can add others to teams, for the page of those who are in none. */
export async function platformAdmins(db: Db): Promise<{ name: string; email: string }[]> {
  return db
    .select({ name: users.name, email: users.email })
    .from(users)
    .where(
      and(
        eq(users.isPlatformAdmin, true),
        isNull(users.disabledAt),
        or(isNotNull(users.passwordHash), isNotNull(users.oidcSubject)),
      ),
    )
    .orderBy(asc(users.name))
    .limit(10);
}
