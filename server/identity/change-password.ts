import { and, eq } from "drizzle-orm";
import { users } from "@/db/schema";
import { refuseCommonPassword } from "@/server/auth/common-password";
import { hashPassword, verifyPassword } from "@/server/auth/password";
import { returnSignInTries, takeSignInTry } from "@/server/auth/sign-in-limit";
import { audit } from "@/server/core/audit";
import { AppError, conflict, invalidField, precondition } from "@/server/core/errors";
import { mutation } from "@/server/core/verb";
import { ChangePasswordInput } from "./schemas";

export const changePassword = mutation(
  {
    name: "identity.password.change",
    permission: "identity.profile.update",
    input: ChangePasswordInput,
    summary: "Change my password; ends every session, this one included",
  },
  async ({ ctx, input }) => {
    const [me] = await ctx.db
      .select({ email: users.email, passwordHash: users.passwordHash, sessionVersion: users.sessionVersion })
      .from(users)
      .where(eq(users.id, ctx.actor.userId));
    if (!me?.passwordHash)
      throw precondition("You sign in without a password here.", "Change it at your identity provider.");
    const tried = { account: `change:${ctx.actor.userId}`, address: "a session", device: "its own" };
    const wait = await takeSignInTry(tried);
    if (wait !== undefined) {
      throw new AppError("rate_limited", "Too many wrong passwords.", {
        hint: `Wait ${Math.ceil(wait / 60)} minutes and try again.`,
        details: { retryAfterSeconds: wait },
      });
    }
    if (!(await verifyPassword(input.currentPassword, me.passwordHash))) {
      throw invalidField("currentPassword", "is not your current password");
    }
    await returnSignInTries(tried);
    await refuseCommonPassword("newPassword", input.newPassword, [me.email, ctx.actor.name]);
    const changed = await ctx.db
      .update(users)
      .set({ passwordHash: await hashPassword(input.newPassword), sessionVersion: me.sessionVersion + 1 })
      .where(and(eq(users.id, ctx.actor.userId), eq(users.sessionVersion, me.sessionVersion)))
      .returning({ id: users.id });
    if (changed.length === 0)
      throw conflict("Your password was changed elsewhere meanwhile.", "Sign in again.");
    await audit(ctx, {
      action: "identity.password.change",
      subject: { kind: "person", id: ctx.actor.userId, label: me.email },
    });
    return { email: me.email };
  },
);
