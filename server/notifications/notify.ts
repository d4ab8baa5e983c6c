import { and, asc, desc, eq, inArray, isNull, ne, sql } from "drizzle-orm";
import { notifications } from "@/db/schema";
import { members, people } from "@/server/identity";
import type { Ctx } from "@/server/core/context";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { SERVICE_EMAIL } from "@/server/auth/rules";
import { inboxTopic } from "./kinds";

export interface Notice {
  userIds: readonly string[];
  /** The same key reaches a person once, however often the event is delivered: `<event>:<id>`. */
  dedupKey: string;
  /** A word for filtering and the icon: `review`, `job`, `quota`, `rollout`, `alert`, … */
  kind: string;
  title: string;
  body: string;
  /** Address in the portal where one acts on it. */
  href: string;
  /** Why this person got it: "You own the model". */
  reason: string;
  subject: { kind: string; id: string };
}

/**
 * People who can still act, each with the team in whose inbox they find the notice: the team it is about. A platform administrator who
 * is no member of that team acts on it all the same, and reads of it in the team they joined first. Others never read of a foreign team.
 * The person of the bootstrap token is none of them: nobody reads its inbox.
 */
async function inboxes(ctx: Ctx, userIds: readonly string[]): Promise<{ userId: string; teamId: string }[]> {
  const { teamId } = ctx.actor;
  const own = ctx.db
    .select({ teamId: members.teamId })
    .from(members)
    .where(eq(members.userId, people.id))
    .orderBy(desc(eq(members.teamId, teamId)), asc(members.createdAt), asc(members.teamId))
    .limit(1);
  return ctx.db
    .select({
      userId: people.id,
      teamId: sql<string>`case when ${people.isPlatformAdmin} then coalesce((${own}), ${teamId}) else ${teamId} end`,
    })
    .from(people)
    .where(
      and(
        inArray(people.id, [...new Set(userIds)]),
        isNull(people.disabledAt),
        ne(people.email, SERVICE_EMAIL),
      ),
    );
}

/** Puts a notice into each person's inbox, in the caller's transaction; repeated delivery adds nothing. Returns how many are new. */
export async function notify(ctx: Ctx, notice: Notice): Promise<number> {
  if (notice.userIds.length === 0) return 0;
  const to = await inboxes(ctx, notice.userIds);
  if (to.length === 0) return 0;
  const { subject, userIds: _to, ...rest } = notice;
  const added = await ctx.db
    .insert(notifications)
    .values(
      to.map(({ userId, teamId }) => ({
        id: newId("notification"),
        teamId,
        userId,
        ...rest,
        subjectKind: subject.kind,
        subjectId: subject.id,
        createdAt: ctx.now(),
      })),
    )
    .onConflictDoNothing()
    .returning({ userId: notifications.userId, teamId: notifications.teamId });
  for (const { userId, teamId } of added) await notifyLive(ctx.db, teamId, inboxTopic(userId));
  return added.length;
}
