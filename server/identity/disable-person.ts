import { mutation } from "@/server/core/verb";
import { PersonInput } from "./schemas";
import { setEnabled } from "./people-parts";

export const disablePerson = mutation(
  {
    name: "identity.person.disable",
    permission: "identity.people.manage",
    input: PersonInput,
    summary: "Disable a person: their sessions and tokens stop working at once",
  },
  ({ ctx, input }) => setEnabled(ctx, input.userId, false),
);
