import { eq, sql } from "drizzle-orm";
import { users } from "@/db/schema";
import { invalidField } from "@/server/core/errors";
import { mutation } from "@/server/core/verb";
import { createOneTimeLink } from "./one-time-links";
import { CreatePersonInput } from "./schemas";
import { insertPerson } from "@/server/auth/insert-person";
import { linkTo } from "./people-parts";

export const createPerson = mutation(
  {
    name: "identity.person.create",
    permission: "identity.people.manage",
    input: CreatePersonInput,
    summary: "Add a person; returns a one-time link with which they choose a password",
  },
  async ({ ctx, input }) => {
    const [taken] = await ctx.db
      .select({ id: users.id })
      .from(users)
      .where(eq(sql`lower(${users.email})`, input.email.toLowerCase()));
    if (taken) throw invalidField("email", "belongs to a person already", "Find them in the list instead.");
    const person = await insertPerson(ctx, { ...input, passwordHash: null });
    const link = await createOneTimeLink(ctx, `reset:${person.id}`);
    return {
      id: person.id,
      email: person.email,
      name: person.name,
      link: linkTo("reset-password", link.token),
      expiresAt: link.expiresAt,
    };
  },
);
