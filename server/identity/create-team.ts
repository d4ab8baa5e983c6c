import { eq } from "drizzle-orm";
import { teams } from "@/db/schema";
import { invalidField } from "@/server/core/errors";
import { mutation } from "@/server/core/verb";
import { CreateTeamInput } from "./schemas";
import { insertTeam } from "./team-store";

export const createTeam = mutation(
  {
    name: "identity.team.create",
    permission: "identity.team.manage",
    input: CreateTeamInput,
    summary: "Make a team",
  },
  async ({ ctx, input }) => {
    const [taken] = await ctx.db.select({ id: teams.id }).from(teams).where(eq(teams.slug, input.slug));
    if (taken) throw invalidField("slug", "is taken by another team", "Choose another short name.");
    return insertTeam(ctx, input);
  },
);
