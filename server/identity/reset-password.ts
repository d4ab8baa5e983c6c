import { audit } from "@/server/core/audit";
import { mutation } from "@/server/core/verb";
import { createOneTimeLink } from "./one-time-links";
import { PersonInput } from "./schemas";
import { linkTo, loadPerson } from "./people-parts";

export const resetPassword = mutation(
  {
    name: "identity.person.reset_password",
    permission: "identity.people.manage",
    input: PersonInput,
    summary: "Make a one-time link with which a person chooses a new password",
  },
  async ({ ctx, input }) => {
    const person = await loadPerson(ctx, input.userId);
    const link = await createOneTimeLink(ctx, `reset:${person.id}`);
    await audit(ctx, {
      action: "identity.person.reset_password",
      subject: { kind: "person", id: person.id, label: person.email },
      after: { expiresAt: link.expiresAt },
    });
    return { link: linkTo("reset-password", link.token), expiresAt: link.expiresAt };
  },
);
