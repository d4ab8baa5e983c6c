import { eq, sql } from "drizzle-orm";
import { users } from "@/db/schema";
import { refuseCommonPassword } from "@/server/auth/common-password";
import { hashPassword } from "@/server/auth/password";
import { audit } from "@/server/core/audit";
import { precondition } from "@/server/core/errors";
import { mutation } from "@/server/core/verb";
import { useOneTimeLink } from "./one-time-links";
import { ClaimResetInput } from "./schemas";
import { loadPerson } from "./people-parts";

export const claimReset = mutation(
  {
    name: "identity.reset.claim",
    permission: "identity.setup.claim",
    input: ClaimResetInput,
    summary: "Choose a password with a one-time link; ends all sessions of the person",
  },
  async ({ ctx, input }) => {
    const purpose = await useOneTimeLink(ctx, input.token, "reset:");
    const person = await loadPerson(ctx, purpose.slice("reset:".length));
    if (person.disabledAt) throw precondition("This account is disabled.", "Ask a platform administrator.");
    await refuseCommonPassword("password", input.password, [person.email, person.name]);
    await ctx.db
      .update(users)
      .set({
        passwordHash: await hashPassword(input.password),
        sessionVersion: sql`${users.sessionVersion} + 1`,
      })
      .where(eq(users.id, person.id));
    await audit(ctx, {
      action: "identity.reset.claim",
      subject: { kind: "person", id: person.id, label: person.email },
    });
    return { email: person.email };
  },
);
