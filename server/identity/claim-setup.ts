import { eq, sql } from "drizzle-orm";
import { memberships, teams, users } from "@/db/schema";
import { refuseCommonPassword } from "@/server/auth/common-password";
import { hashPassword } from "@/server/auth/password";
import { audit } from "@/server/core/audit";
import { conflict, invalidField } from "@/server/core/errors";
import { mutation } from "@/server/core/verb";
import { hasAdministrator } from "./first-start";
import { useOneTimeLink } from "./one-time-links";
import { ClaimSetupInput } from "./schemas";
import { insertPerson } from "@/server/auth/insert-person";
import { insertTeam } from "./team-store";

export const claimSetup = mutation(
  {
    name: "identity.setup.claim",
    permission: "identity.setup.claim",
    input: ClaimSetupInput,
    summary: "Make the first administrator and team with the link that the launcher printed",
  },
  async ({ ctx, input }) => {
    await useOneTimeLink(ctx, input.token, "setup");
    if (await hasAdministrator(ctx))
      throw conflict("This installation has an administrator already.", "Sign in instead.");
    const [taken] = await ctx.db
      .select({ id: users.id })
      .from(users)
      .where(eq(sql`lower(${users.email})`, input.email.toLowerCase()));
    if (taken) throw invalidField("email", "belongs to a person already");
    await refuseCommonPassword("password", input.password, [input.email, input.name, input.teamName]);
    const team = await insertTeam(ctx, {
      slug: await freeSlug(ctx.db, input.teamName),
      name: input.teamName,
    });
    const person = await insertPerson(ctx, {
      email: input.email,
      name: input.name,
      passwordHash: await hashPassword(input.password),
      isPlatformAdmin: true,
      activeTeamId: team.id,
    });
    await ctx.db
      .insert(memberships)
      .values({ teamId: team.id, userId: person.id, role: "admin", createdAt: ctx.now() });
    await audit(ctx, {
      action: "identity.setup.claim",
      subject: { kind: "person", id: person.id, label: person.email },
      after: { teamId: team.id },
      teamId: team.id,
    });
    return { email: person.email };
  },
);

async function freeSlug(db: Parameters<typeof insertTeam>[0]["db"], name: string): Promise<string> {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^[^a-z]+|-+$/g, "")
    .slice(0, 34);
  const base = plain.length >= 3 ? plain : "team";
  const used = new Set((await db.select({ slug: teams.slug }).from(teams)).map((row) => row.slug));
  let slug = base;
  for (let n = 2; used.has(slug); n += 1) slug = `${base}-${n}`;
  return slug;
}
