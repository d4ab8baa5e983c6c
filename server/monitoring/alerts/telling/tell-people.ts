import { and, asc, eq, isNull, ne, or } from "drizzle-orm";
import { members, people } from "@/server/identity";
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
    .select({ userId: people.id, name: people.name, role: members.role })
    .from(people)
    .leftJoin(members, and(eq(members.userId, people.id), eq(members.teamId, ctx.actor.teamId)))
    .where(
      and(
        isNull(people.disabledAt),
        ne(people.email, SERVICE_EMAIL),
        or(eq(members.teamId, ctx.actor.teamId), people.isPlatformAdmin),
      ),
    )
    .orderBy(asc(people.name), asc(people.id));

/** Puts a notice about alerts into the inboxes of those whom a route names, each with the reason why; gives back whom it reached. */
export async function tellPeople(ctx: Ctx, words: Words, to: Hearers): Promise<ToldPerson[]> {
  const hearers = hearersOf(await peopleOf(ctx), to);
  for (const reason of new Set(hearers.map((each) => each.reason))) {
    const userIds = hearers.filter((each) => each.reason === reason).map(({ userId }) => userId);
    await notify(ctx, { ...words, kind: "alert", userIds, reason });
  }
  return hearers.map(({ userId, name }) => ({ userId, name }));
}
