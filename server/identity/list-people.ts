import { and, asc, ilike, isNotNull, isNull, or, sql } from "drizzle-orm";
import { z } from "zod";
import { memberships, teams, users } from "@/db/schema";
import { PageInput, decodeCursor, toPage } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { SAFE } from "./people-parts";

const ListPeopleInput = PageInput.extend({
  q: z.string().trim().max(100).optional(),
  state: z.enum(["active", "disabled"]).optional(),
});

const Key = z.tuple([z.string(), z.string()]);

/** Every character of a search is meant as itself. */
export const like = (text: string) => `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;

export const listPeople = query(
  {
    name: "identity.person.list",
    permission: "identity.people.manage",
    input: ListPeopleInput,
    summary: "List all people of the installation",
  },
  async ({ ctx, input }) => {
    const after = decodeCursor(input.cursor, Key);
    const rows = await ctx.db
      .select({
        ...SAFE,
        signIn: sql<string>`case when ${users.oidcSubject} is not null then 'single sign-on' when ${users.passwordHash} is not null then 'password' else 'none yet' end`,
        teams: sql<
          string[]
        >`coalesce((select array_agg(t.name order by t.name) from ${memberships} m join ${teams} t on t.id = m.team_id where m.user_id = "users"."id"), '{}')`,
      })
      .from(users)
      .where(
        and(
          input.q ? or(ilike(users.name, like(input.q)), ilike(users.email, like(input.q))) : undefined,
          input.state === "active" ? isNull(users.disabledAt) : undefined,
          input.state === "disabled" ? isNotNull(users.disabledAt) : undefined,
          after ? sql`(${users.email}, ${users.id}) > (${after[0]}, ${after[1]})` : undefined,
        ),
      )
      .orderBy(asc(users.email), asc(users.id))
      .limit(input.limit + 1);
    return toPage(rows, input.limit, (row) => [row.email, row.id]);
  },
);
