import { and, asc, eq, isNull, ne, or } from "drizzle-orm";
import { memberships, users } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { SERVICE_EMAIL } from "@/server/auth/rules";
import { notify, type Notice } from "@/server/notifications";
import { hearersOf, type Hearers } from "./hearers";

type Words = Omit<Notice, "userIds" | "reason" | "kind">;

interface Person {
  userId: string;
  name: string;
  /** Null: an administrator of the platform who is not in the team. */
  role: string | null;
}

export type ToldPerson = Pick<Person, "userId" | "name">;

/** Who can be told of a team's alerts. */
export const peopleOf = (ctx: Ctx): Promise<Person[]> =>
  ctx.db
    .select({ userId: users.id, name: users.name, role: memberships.role })
    .from(users)
    .leftJoin(memberships, and(eq(memberships.userId, users.id), eq(memberships.teamId, ctx.actor.teamId)))
    .where(
      and(
        isNull(users.disabledAt),
        ne(users.email, SERVICE_EMAIL),
        or(eq(memberships.teamId, ctx.actor.teamId), users.isPlatformAdmin),
      ),
    )
    .orderBy(asc(users.name), asc(users.id));

/** Puts a notice about alerts into the inboxes of those whom a route names, each with the reason why; gives back whom it reached. */
export async function tellPeople(ctx: Ctx, words: Words, to: Hearers): Promise<ToldPerson[]> {
  const hearers = hearersOf(await peopleOf(ctx), to);
  for (const reason of new Set(hearers.map((each) => each.reason))) {
    const userIds = hearers.filter((each) => each.reason === reason).map(({ userId }) => userId);
    await notify(ctx, { ...words, kind: "alert", userIds, reason });
  }
  return hearers.map(({ userId, name }) => ({ userId, name }));
}
