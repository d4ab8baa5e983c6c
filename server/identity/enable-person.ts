import { mutation } from "@/server/core/verb";
import { PersonInput } from "./schemas";
import { setEnabled } from "./people-parts";

export const enablePerson = mutation(
  {
    name: "identity.person.enable",
    permission: "identity.people.manage",
    input: PersonInput,
    summary: "Let a disabled person in again",
  },
  ({ ctx, input }) => setEnabled(ctx, input.userId, true),
);
