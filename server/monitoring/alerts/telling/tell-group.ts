import { and, asc, eq, inArray } from "drizzle-orm";
import { alertDeliveries, alertGroups, alerts } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { env } from "@/server/core/env";
import { inTransaction } from "@/server/core/verb";
import { fingerprintOf } from "../alert-labels";
import { openSilences, silenceOf } from "../silences";
import { enqueueMessage } from "./deliver-alerts";
import { namedAlerts } from "./group-alerts";
import { noticeWords } from "./notice-words";
import { routingOf } from "./routing-parts";
import { noteTelling } from "./note-telling";
import { escalationDue, nextLog, noticeReason, routeOf, type GroupLog, type NoticeReason } from "./rules";
import type { AlertRoute } from "./schemas";
import { tellPeople } from "./tell-people";
import { labelsOf, webhookBody, type ToldAlert } from "./webhook-body";

type Group = typeof alertGroups.$inferSelect;

interface Member extends ToldAlert {
  id: string;
  /** Until when it is silenced. */
  mutedUntil: Date | null;
}

/** An empty group is looked at as often until the receiver has taken its messages. */
const emptyUntil = (ctx: Ctx) => new Date(ctx.now().getTime() + 60_000);
const FORGOTTEN = { firing: [], resolved: [], muted: [], toldAt: null };

const idsOf = (members: readonly Member[]) => members.map(({ id }) => id);

async function membersOf(ctx: Ctx, groupId: string): Promise<Member[]> {
  const silences = await openSilences(ctx);
  const rows = await namedAlerts(ctx)
    .where(and(eq(alerts.teamId, ctx.actor.teamId), eq(alerts.groupId, groupId)))
    .orderBy(asc(alerts.startedAt), asc(alerts.id));
  return rows.map(({ alert, ...names }) => {
    const labels = labelsOf(alert, names);
    const status = alert.state === "resolved" ? ("resolved" as const) : ("firing" as const);
    return {
      alert,
      labels,
      status,
      id: fingerprintOf(labels),
      mutedUntil: status === "firing" ? (silenceOf(silences, alert)?.endsAt ?? null) : null,
    };
  });
}

/** What a group was last told; null where it never was. One that takes in alerts that were told elsewhere (before an upgrade) goes on from there. */
function logOf({ firing, resolved, muted, toldAt }: Group, members: readonly Member[]): GroupLog | null {
  if (toldAt) return { firing, resolved, muted, at: toldAt };
  const told = members.flatMap(({ id, alert }) => (alert.toldAt ? [{ id, at: alert.toldAt }] : []));
  const at = told.map((each) => each.at).toSorted((a, b) => b.getTime() - a.getTime())[0];
  return at ? { firing: told.map(({ id }) => id), resolved: [], muted: [], at } : null;
}

interface Look {
  group: Group;
  route: AlertRoute;
  /** Its place among the team's, from 0; null for the built-in one. */
  routeIndex: number | null;
  reason: NoticeReason;
  told: readonly Member[];
}

async function tell(ctx: Ctx, now: Look): Promise<void> {
  const { group, route, reason, told } = now;
  const { alertWebhook, portalUrl } = env();
  const sequence = group.sequence + 1;
  const toReceiver = route.webhook && alertWebhook !== undefined;
  const people = await tellPeople(
    ctx,
    { ...noticeWords(reason, told), dedupKey: `alerts:${group.id}:${sequence}` },
    {
      roles: route.roles,
      userIds: route.userIds,
      owners: route.owner ? told.map(({ alert }) => alert.ownerId) : [],
      orElse: !toReceiver,
    },
  );
  if (toReceiver) await enqueueMessage(ctx, group, sequence, webhookBody(group.key, told, portalUrl));
  await noteTelling(ctx, now, { people, receiver: toReceiver });
}

/** Notes since when each firing alert is told, and when it escalates; lets go of what is over. */
async function noteAlerts(ctx: Ctx, route: AlertRoute, members: readonly Member[]): Promise<void> {
  for (const { alert, status, mutedUntil } of members) {
    if (status === "resolved" || mutedUntil) continue;
    const toldAt = alert.toldAt ?? ctx.now();
    const escalateAt = alert.state === "firing" ? escalationDue(route, { ...alert, toldAt }) : null;
    await ctx.db
      .update(alerts)
      .set({ toldAt, escalateAt })
      .where(and(eq(alerts.id, alert.id), eq(alerts.state, alert.state)));
  }
  const over = members.filter(({ status }) => status === "resolved").map(({ alert }) => alert.id);
  if (over.length > 0)
    await ctx.db
      .update(alerts)
      .set({ groupId: null })
      .where(and(inArray(alerts.id, over), eq(alerts.state, "resolved")));
}

/** The group's row after a look at it; null once it is empty and the receiver has heard all of it. */
async function look(ctx: Ctx, group: Group): Promise<Partial<Group> | null> {
  const members = await membersOf(ctx, group.id);
  const [first] = members;
  if (!first) {
    const waiting = await ctx.db
      .select({ sequence: alertDeliveries.sequence })
      .from(alertDeliveries)
      .where(eq(alertDeliveries.groupId, group.id))
      .limit(1);
    if (waiting.length === 0) return null;
    // Its next message must come after these, so it keeps its place, and forgets what left it.
    return { ...FORGOTTEN, flushAt: emptyUntil(ctx) };
  }
  const { route, index: routeIndex } = routeOf((await routingOf(ctx)).routes, first.alert);
  const last = logOf(group, members);
  const muted = members.filter(({ mutedUntil }) => mutedUntil);
  const firing = members.filter(({ status, mutedUntil }) => status === "firing" && !mutedUntil);
  const resolved = members.filter(({ status, id }) => status === "resolved" && last?.firing.includes(id));
  const now = {
    firing: idsOf(firing),
    acknowledged: idsOf(firing.filter(({ alert }) => alert.state === "acknowledged")),
    resolved: idsOf(resolved),
    muted: idsOf(muted),
  };
  const repeatMs = route.repeatMinutes === null ? null : route.repeatMinutes * 60_000;
  const reason = noticeReason(last, now, ctx.now().getTime(), repeatMs);
  if (reason) await tell(ctx, { group, route, routeIndex, reason, told: [...firing, ...resolved] });
  await noteAlerts(ctx, route, members);
  const log = nextLog(last, now, reason, ctx.now());
  // All of it is over: what comes next is a new beginning, with a wait of its own.
  if (members.every(({ status }) => status === "resolved"))
    return { ...FORGOTTEN, sequence: group.sequence + (reason ? 1 : 0), flushAt: emptyUntil(ctx) };
  // A silence that ends before the next look ends the wait.
  const ends = muted.flatMap(({ mutedUntil }) => mutedUntil?.getTime() ?? []);
  const next = Math.min(ctx.now().getTime() + route.groupIntervalSeconds * 1_000, ...ends);
  return {
    flushAt: new Date(next),
    sequence: group.sequence + (reason ? 1 : 0),
    ...(log && {
      firing: [...log.firing],
      resolved: [...log.resolved],
      muted: [...log.muted],
      toldAt: log.at,
    }),
  };
}

/**
 * One look at one group: what is to be told goes into the inboxes, the receiver's queue and the group's row in one transaction, so that a worker
 * that dies leaves nothing half told, and of two workers one finds nothing to do.
 */
export async function tellGroup(outer: Ctx, groupId: string): Promise<void> {
  await inTransaction(outer, async (ctx) => {
    const [group] = await ctx.db
      .select()
      .from(alertGroups)
      .where(and(eq(alertGroups.id, groupId), eq(alertGroups.teamId, ctx.actor.teamId)))
      .for("update", { skipLocked: true });
    if (!group || group.flushAt > ctx.now()) return;
    const next = await look(ctx, group);
    await (next
      ? ctx.db.update(alertGroups).set(next).where(eq(alertGroups.id, group.id))
      : ctx.db.delete(alertGroups).where(eq(alertGroups.id, group.id)));
  });
}
