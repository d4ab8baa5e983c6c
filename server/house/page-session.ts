import { eq } from "drizzle-orm";
import { cache } from "react";
import { db } from "@/db/client";
import { memberships, teams, users } from "@/db/schema";
import { platformAdmins } from "@/server/identity/queries";
import { pageActor } from "./hydrate";

export type PageSession = {
  user: { id: string; name: string; email: string };
  teams: { id: string; name: string; role?: string }[];
  activeTeam: { id: string; name: string; role?: string } | null;
  role: string;
  isPlatformAdmin: boolean;
};

/** Who is signed in, for the frame of the portal; undefined when nobody is. One look-up per request. */
export const pageSession = cache(async (): Promise<PageSession | undefined> => {
  const actor = await pageActor();
  if (actor?.kind !== "user") return undefined;
  const rows = await db()
    .select({ email: users.email, id: teams.id, name: teams.name, role: memberships.role })
    .from(users)
    .leftJoin(memberships, eq(memberships.userId, users.id))
    .leftJoin(teams, eq(teams.id, memberships.teamId))
    .where(eq(users.id, actor.userId))
    .orderBy(teams.name);
  const own = rows.flatMap(({ id, name, role }) =>
    id && name ? [{ id, name, role: role ?? undefined }] : [],
  );
  const active =
    own.find((team) => team.id === actor.teamId) ??
    (actor.teamId ? { id: actor.teamId, name: actor.teamSlug } : null);
  return {
    user: { id: actor.userId, name: actor.name, email: rows[0]?.email ?? "" },
    teams: own,
    activeTeam: active,
    role: actor.role ?? "no role in this team",
    isPlatformAdmin: actor.isPlatformAdmin,
  };
});

/** Whom a person without a team may ask. */
export const namesOfPlatformAdmins = () => platformAdmins(db());
