import { eq } from "drizzle-orm";
import { users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { mutation } from "@/server/core/verb";
import { UpdateProfileInput } from "./schemas";

export const updateProfile = mutation(
  {
    name: "identity.profile.update",
    permission: "identity.profile.update",
    input: UpdateProfileInput,
    summary: "Change my name",
  },
  async ({ ctx, input }) => {
    await ctx.db.update(users).set({ name: input.name }).where(eq(users.id, ctx.actor.userId));
    await audit(ctx, {
      action: "identity.profile.update",
      subject: { kind: "person", id: ctx.actor.userId, label: input.name },
      before: { name: ctx.actor.name },
      after: { name: input.name },
    });
    return { name: input.name };
  },
);
