import { createServer } from "node:http";
import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { alerts, notifications } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { systemActor, type Actor } from "@/server/core/actor";
import { createCtx, type Ctx } from "@/server/core/context";
import { acknowledgeAlert } from "../acknowledge-alert";
import { listAlerts } from "../list-alerts";
import { raiseAlert, resolveAlerts } from "../raise-alert";
import type { AlertKind } from "../rules";
import { silenceAlerts } from "../silences";
import { makeDeployment, makePerson, makeTeam } from "../../testing";
import { deliverAlerts } from "./deliver-alerts";
import { getTelling } from "./get-telling";
import { setRouting } from "./set-routing";
import { tellAlerts } from "./tell-alerts";

/** Who was told of an alert, and who is told next: what its page shows. */
let database: TestDatabase;
let teamId: string;
let admin: Actor;
let member: Actor;
let reviewer: Actor;
let deployment: { id: string; name: string };
let nowMs = Date.now();
let number = 0;
const receiver = createServer((_, res) => res.writeHead(200).end());

const as = (actor: Actor) => ({ actor, db: database.db, now: () => new Date(nowMs) });
const ctxOf = (team: string): Ctx =>
  createCtx({ actor: systemActor(team), db: database.db, now: () => new Date(nowMs) });

beforeAll(async () => {
  database = await createTestDatabase();
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const address = receiver.address();
  const port = typeof address === "object" && address ? address.port : 0;
  process.env.ALERT_WEBHOOK_URL = `http://127.0.0.1:${port}/`;
});
afterAll(async () => {
  await new Promise((resolve) => receiver.close(resolve));
  await database.close();
});
beforeEach(async () => {
  number += 1;
  teamId = await makeTeam(database.db, `team-${number}`);
  [admin, member, reviewer] = [
    await makePerson(database.db, teamId, "admin"),
    await makePerson(database.db, teamId, "member"),
    await makePerson(database.db, teamId, "reviewer"),
  ];
  deployment = await makeDeployment(database.db, member, `served-${number}`);
});

const raise = (kind: AlertKind, subject = { kind: "deployment", id: deployment.id }) =>
  raiseAlert(ctxOf(teamId), {
    fingerprint: `${kind}:${subject.id}`,
    kind,
    severity: "critical",
    title: `${kind} happen`,
    body: "60 of 60 failed.",
    href: "/monitoring/x",
    subject,
    ownerId: member.userId,
  });
async function pass(seconds: number) {
  nowMs += seconds * 1_000;
  await tellAlerts(database.db, new Date(nowMs), ctxOf);
}
async function alertOf(kind: AlertKind) {
  const [row] = await database.db
    .select()
    .from(alerts)
    .where(and(eq(alerts.teamId, teamId), eq(alerts.kind, kind)));
  if (!row) throw new Error(`No alert is about ${kind}.`);
  return row;
}
async function tellingOf(kind: AlertKind, actor = reviewer) {
  const { items } = await getTelling.execute(as(actor), { alertIds: [(await alertOf(kind)).id] });
  return items[0];
}
async function historyOf(kind: AlertKind, state: "open" | "resolved" = "open") {
  const { items } = await listAlerts.execute(as(reviewer), { state });
  return items.find((alert) => alert.kind === kind)?.history ?? [];
}
const inSeconds = (seconds: number) => new Date(nowMs + seconds * 1_000);
const levels = [{ afterMinutes: 15, roles: ["admin"] }];
const toReviewer = () => ({
  kinds: ["promotion"],
  userIds: [reviewer.userId],
  owner: false,
  groupIntervalSeconds: 60,
  repeatMinutes: 60,
  escalation: levels,
});

it("says who is told when and by which route: before the first time, afterwards, and once somebody looks after it", async () => {
  await setRouting.execute(as(admin), {
    routes: [{ kinds: ["drift"], roles: ["viewer"] }, toReviewer()],
    revision: 0,
  });
  await raise("promotion");
  const whom = { routeIndex: 1, people: ["reviewer"], toReceiver: true };
  expect(await tellingOf("promotion")).toMatchObject({
    ...whom,
    toldAt: null,
    next: { at: inSeconds(10), isRepeat: false },
    escalation: null,
    receiverWaiting: 0,
  });
  await pass(10);
  const told = new Date(nowMs);
  const after = {
    ...whom,
    toldAt: told,
    next: { at: inSeconds(3_600), isRepeat: true },
    escalation: { at: inSeconds(900), people: ["admin"] },
  };
  expect(await tellingOf("promotion")).toMatchObject({ ...after, receiverWaiting: 1 });
  await deliverAlerts(ctxOf(teamId), (await alertOf("promotion")).groupId ?? "");
  expect(await tellingOf("promotion")).toMatchObject({ ...after, receiverWaiting: 0 });
  await pass(900);
  expect(await tellingOf("promotion")).toMatchObject({ toldAt: told, escalation: null });
  await acknowledgeAlert.execute(as(reviewer), { alertId: (await alertOf("promotion")).id });
  expect(await tellingOf("promotion")).toMatchObject({ toldAt: told, next: null, escalation: null });
});

it("a silence tells nobody next; another alert of the group that nobody looks after does", async () => {
  await setRouting.execute(as(admin), {
    routes: [{ ...toReviewer(), kinds: [], escalation: levels }],
    revision: 0,
  });
  await raise("promotion");
  await raise("errors");
  await pass(10);
  await acknowledgeAlert.execute(as(reviewer), { alertId: (await alertOf("promotion")).id });
  expect(await tellingOf("promotion")).toMatchObject({ next: { isRepeat: true }, escalation: null });
  await silenceAlerts.execute(as(reviewer), {
    alertId: (await alertOf("errors")).id,
    minutes: 600,
    reason: "known",
  });
  expect(await tellingOf("promotion")).toMatchObject({ next: null });
  expect(await tellingOf("errors")).toMatchObject({ next: null, escalation: null });
});

it("another team is told nothing of it, and what is over is not told next", async () => {
  const stranger = await makePerson(database.db, await makeTeam(database.db, `other-${number}`), "admin");
  await raise("promotion");
  await pass(10);
  expect(await tellingOf("promotion", stranger)).toBeUndefined();
  expect(await tellingOf("promotion")).toMatchObject({ routeIndex: null });
  await resolveAlerts(ctxOf(teamId), { kind: "promotion", subjectId: deployment.id, reason: "over" });
  expect(await tellingOf("promotion")).toBeUndefined();
});

it("the history says who was told, by which route, again, at the next level, and of the end", async () => {
  await setRouting.execute(as(admin), { routes: [toReviewer()], revision: 0 });
  await raise("promotion");
  await pass(10);
  await pass(900);
  await pass(3_000);
  // Names and routes change; what was told stays as it was.
  await setRouting.execute(as(admin), { routes: [{ kinds: ["drift"] }, toReviewer()], revision: 1 });
  await resolveAlerts(ctxOf(teamId), { kind: "promotion", subjectId: deployment.id, reason: "over" });
  await pass(60);
  const base = { people: ["reviewer"], toReceiver: true, isRepeat: false, isOver: false };
  expect(await historyOf("promotion", "resolved")).toMatchObject([
    { action: "monitoring.alert.tell", told: { ...base, route: 2, isOver: true } },
    { action: "monitoring.alert.resolve", told: null },
    { action: "monitoring.alert.tell", told: { ...base, route: 1, isRepeat: true } },
    { action: "monitoring.alert.escalate", told: { people: ["admin"], toReceiver: false, route: null } },
    { action: "monitoring.alert.tell", actorName: "Modelworks", told: { ...base, route: 1 } },
    { action: "monitoring.alert.raise", told: null },
  ]);
});

it("an alert that is told for ever does not push what happened to others out of the list", async () => {
  await setRouting.execute(as(admin), {
    routes: [{ kinds: ["errors"], repeatMinutes: 1, groupIntervalSeconds: 1 }, toReviewer()],
    revision: 0,
  });
  await raise("promotion");
  await raise("errors");
  await pass(10);
  for (let minute = 0; minute < 35; minute += 1) await pass(61);
  expect(await historyOf("errors")).toHaveLength(30);
  expect((await historyOf("promotion")).at(-1)).toMatchObject({ action: "monitoring.alert.raise" });
});

it("a notice leads to where one acts on the alert: the open ones of its deployment, and those that are over", async () => {
  await setRouting.execute(as(admin), { routes: [toReviewer()], revision: 0 });
  const noticesOf = async (actor: Actor) => {
    const rows = await database.db
      .select({ title: notifications.title, href: notifications.href })
      .from(notifications)
      .where(eq(notifications.userId, actor.userId));
    return Object.fromEntries(rows.map(({ title, href }) => [title, href]));
  };
  await raise("promotion");
  await raise("recording", { kind: "gateway", id: `gateway-${number}` });
  await pass(10);
  await pass(900);
  await resolveAlerts(ctxOf(teamId), { kind: "promotion", subjectId: deployment.id, reason: "over" });
  await pass(60);
  expect(await noticesOf(reviewer)).toEqual({
    "promotion happen": `/alerts?deployment=${deployment.name}`,
    "Resolved: promotion happen": `/alerts?state=resolved&deployment=${deployment.name}`,
    "recording happen": "/alerts",
  });
  expect(await noticesOf(admin)).toMatchObject({
    "Escalated: promotion happen": `/alerts?deployment=${deployment.name}`,
  });
  const shown = async (name: string) => {
    const { items, total } = await listAlerts.execute(as(reviewer), { deployment: name, state: "resolved" });
    return { total, kinds: items.map(({ kind }) => kind) };
  };
  expect(await shown(deployment.name)).toEqual({ total: 1, kinds: ["promotion"] });
  expect(await shown("another")).toEqual({ total: 0, kinds: [] });
});
