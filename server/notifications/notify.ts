import { and, inArray, isNull } from "drizzle-orm";
import { notifications, users } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";

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

/** Puts a notice into each person's inbox, in the caller's transaction; repeated delivery adds nothing. Returns how many are new. */
export async function notify(ctx: Ctx, notice: Notice): Promise<number> {
  if (notice.userIds.length === 0) return 0;
  const people = await ctx.db
    .select({ id: users.id })
    .from(users)
    .where(and(inArray(users.id, [...new Set(notice.userIds)]), isNull(users.disabledAt)));
  if (people.length === 0) return 0;
  const { subject, userIds: _to, ...rest } = notice;
  const added = await ctx.db
    .insert(notifications)
    .values(
      people.map(({ id }) => ({
        id: newId("notification"),
        teamId: ctx.actor.teamId,
        userId: id,
        ...rest,
        subjectKind: subject.kind,
        subjectId: subject.id,
        createdAt: ctx.now(),
      })),
    )
    .onConflictDoNothing()
    .returning({ userId: notifications.userId });
  await notifyLive(ctx.db, ctx.actor.teamId, ...added.map((row) => `inbox:${row.userId}`));
  return added.length;
}
