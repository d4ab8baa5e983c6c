import { and, asc, eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { alerts, auditLog, memberships, notifications, users } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { systemActor, type Actor } from "@/server/core/actor";
import { createCtx, type Ctx } from "@/server/core/context";
import { notify } from "@/server/notifications";
import { acknowledgeAlert } from "../acknowledge-alert";
import { listAlerts } from "../list-alerts";
import type { AlertKind } from "../rules";
import { raiseAlert, resolveAlerts } from "../raise-alert";
import { silenceAlerts } from "../silences";
import { makeDeployment, makePerson, makeTeam } from "../../testing";
import { previewRouting } from "./preview-routing";
import { getRouting } from "./get-routing";
import { setRouting } from "./set-routing";
import { tellAlerts } from "./tell-alerts";

let database: TestDatabase;
let teamId: string;
let admin: Actor;
let member: Actor;
let reviewer: Actor;
let viewer: Actor;
let stranger: Actor;
let deployment: { id: string; name: string };
let nowMs = Date.now();
let number = 0;

const as = (actor: Actor) => ({ actor, db: database.db, now: () => new Date(nowMs) });
const ctxOf = (team: string): Ctx =>
  createCtx({ actor: systemActor(team), db: database.db, now: () => new Date(nowMs) });

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  number += 1;
  teamId = await makeTeam(database.db, `team-${number}`);
  [admin, member, reviewer, viewer] = [
    await makePerson(database.db, teamId, "admin"),
    await makePerson(database.db, teamId, "member"),
    await makePerson(database.db, teamId, "reviewer"),
    await makePerson(database.db, teamId, "viewer"),
  ];
  stranger = await makePerson(database.db, await makeTeam(database.db, `other-${number}`), "admin");
  deployment = await makeDeployment(database.db, member, `served-${number}`);
});

const raise = (kind: AlertKind, severity: "critical" | "warning" = "critical") =>
  raiseAlert(ctxOf(teamId), {
    fingerprint: `${kind}:${deployment.id}`,
    kind,
    severity,
    title: `${kind} happen`,
    body: "60 of 60 failed.",
    href: "/monitoring/x",
    subject: { kind: "deployment", id: deployment.id },
    ownerId: member.userId,
  });
const resolve = (kind: AlertKind) =>
  resolveAlerts(ctxOf(teamId), { kind, subjectId: deployment.id, reason: "over" });
async function pass(seconds: number) {
  nowMs += seconds * 1_000;
  await tellAlerts(database.db, new Date(nowMs), ctxOf);
}
async function inbox(actor: Actor): Promise<string[]> {
  const rows = await database.db
    .select({ title: notifications.title })
    .from(notifications)
    .where(and(eq(notifications.userId, actor.userId), eq(notifications.kind, "alert")))
    .orderBy(asc(notifications.createdAt), asc(notifications.id));
  return rows.map(({ title }) => title);
}
const alertOf = async (kind: AlertKind) => {
  const [row] = await database.db
    .select()
    .from(alerts)
    .where(and(eq(alerts.teamId, teamId), eq(alerts.kind, kind)));
  return row;
};
const route = (routes: object[], revision = 0) => setRouting.execute(as(admin), { routes, revision });

describe("a team that set nothing", () => {
  it("is told as the product does by itself: once, together, again while nobody looks after it, and its end", async () => {
    await raise("errors");
    await raise("latency");
    await pass(5);
    expect(await inbox(member)).toEqual([]);
    await pass(5);
    expect(await inbox(member)).toEqual(["latency happen and 1 more"]);
    expect(await inbox(viewer)).toEqual([]);
    await pass(300);
    await pass(300);
    expect(await inbox(member)).toHaveLength(1);
    await pass(4 * 3_600);
    expect((await inbox(member)).slice(1, 2)).toEqual(["Still firing: latency happen and 1 more"]);
    await resolve("errors");
    await resolve("latency");
    await pass(300);
    expect((await inbox(member)).at(-1)).toBe("Resolved: latency happen and 1 more");
    await pass(24 * 3_600);
    expect((await inbox(member)).filter((title) => title.startsWith("Resolved"))).toHaveLength(1);
  });

  it("is told of what is critical at once, though it was just told a warning", async () => {
    await raise("drift", "warning");
    await pass(10);
    await raise("errors");
    await pass(10);
    expect(await inbox(member)).toEqual(["drift happen", "errors happen"]);
  });

  it("is not told again of what everybody of the group has acknowledged", async () => {
    await raise("errors", "warning");
    await pass(10);
    await acknowledgeAlert.execute(as(member), { alertId: (await alertOf("errors"))?.id ?? "" });
    await pass(300);
    await pass(24 * 3_600);
    expect(await inbox(member)).toEqual(["errors happen"]);
  });
});

describe("a team's routes", () => {
  it("are set by its admins, from what they saw, name only members, and are audited", async () => {
    const routes = [{ kinds: ["errors"], severity: "critical", roles: ["reviewer"], owner: false }];
    for (const actor of [viewer, member, reviewer])
      await expect(setRouting.execute(as(actor), { routes, revision: 0 })).rejects.toMatchObject({
        code: "forbidden",
      });
    await expect(route([{ owner: false, webhook: false }])).rejects.toMatchObject({ code: "invalid" });
    await expect(route([{ userIds: [stranger.userId] }])).rejects.toMatchObject({
      code: "invalid",
      details: { fields: { "routes.0.userIds": expect.any(String) } },
    });
    expect(await route(routes)).toEqual({ revision: 1 });
    await expect(route([])).rejects.toMatchObject({ code: "conflict", details: { revision: 1 } });
    expect(await getRouting.execute(as(viewer), {})).toMatchObject({
      revision: 1,
      routes: [{ kinds: ["errors"], roles: ["reviewer"], groupIntervalSeconds: 300 }],
    });
    expect(await getRouting.execute(as(stranger), {})).toMatchObject({ revision: 0, routes: [] });
    const log = await database.db
      .select({ action: auditLog.action })
      .from(auditLog)
      .where(and(eq(auditLog.teamId, teamId), eq(auditLog.action, "monitoring.routing.set")));
    expect(log).toHaveLength(1);
  });

  it("tell whom the first that matches names, and the preview says so before", async () => {
    await route([
      {
        kinds: ["errors"],
        severity: "critical",
        userIds: [reviewer.userId],
        owner: false,
        groupWaitSeconds: 0,
      },
      { roles: ["viewer"], owner: true, repeatMinutes: null },
    ]);
    const preview = (kind: AlertKind, actor = viewer) =>
      previewRouting.execute(as(actor), { kind, severity: "critical", deployment: deployment.name });
    expect(await preview("errors")).toMatchObject({
      routeIndex: 0,
      people: [{ userId: reviewer.userId, reason: "The team's alerts name you" }],
    });
    expect((await preview("drift")).people.map(({ userId }) => userId).toSorted()).toEqual(
      [member.userId, viewer.userId].toSorted(),
    );
    await expect(preview("drift", stranger)).rejects.toMatchObject({ code: "not_found" });
    await raise("errors");
    await raise("drift");
    await pass(0);
    expect(await inbox(reviewer)).toEqual(["errors happen"]);
    await pass(10);
    expect([await inbox(viewer), await inbox(member), await inbox(admin)]).toEqual([
      ["drift happen"],
      ["drift happen"],
      [],
    ]);
    await pass(300);
    await pass(5 * 24 * 3_600);
    expect(await inbox(viewer)).toEqual(["drift happen"]);
  });

  it("that take other alerts now tell these to whom they name; a change of anything else tells nobody again", async () => {
    await raise("errors");
    await pass(10);
    await route([{ kinds: ["drift"], roles: ["viewer"] }]);
    await pass(1);
    await pass(600);
    expect([await inbox(member), await inbox(viewer)]).toEqual([["errors happen"], []]);
    await route([{ kinds: ["errors"], roles: ["viewer"], owner: false }], 1);
    await pass(10);
    await pass(600);
    expect([await inbox(member), await inbox(viewer)]).toEqual([["errors happen"], ["errors happen"]]);
    await resolve("errors");
    await pass(600);
    expect(await inbox(viewer)).toEqual(["errors happen", "Resolved: errors happen"]);
  });

  it("that reach nobody any more reach the team's admins", async () => {
    await route([{ userIds: [reviewer.userId], owner: false }]);
    await database.db
      .delete(memberships)
      .where(and(eq(memberships.teamId, teamId), eq(memberships.userId, reviewer.userId)));
    await raise("errors");
    await pass(10);
    expect([await inbox(admin), await inbox(reviewer)]).toEqual([["errors happen"], []]);
  });
});

it("the person of the bootstrap token is nobody to tell: an admin who only seems to be there must not swallow an alert", async () => {
  const token = await makePerson(database.db, teamId, "admin", true);
  const email = "bootstrap@service.local";
  await database.db.update(users).set({ email }).where(eq(users.id, token.userId));
  const { people } = await getRouting.execute(as(viewer), {});
  expect(people.map(({ userId }) => userId)).not.toContain(token.userId);
  await expect(route([{ userIds: [token.userId], owner: false }])).rejects.toMatchObject({ code: "invalid" });
  await route([{ roles: ["admin"], owner: false }]);
  await raise("errors");
  await pass(10);
  expect([await inbox(admin), await inbox(token)]).toEqual([["errors happen"], []]);
  // Whatever else tells people by their role reaches them by the same door.
  const added = await notify(ctxOf(teamId), {
    userIds: [admin.userId, token.userId],
    dedupKey: `token-${number}`,
    kind: "quota",
    title: "A request waits",
    body: "",
    href: "/quotas",
    reason: "You administer quotas",
    subject: { kind: "deployment", id: deployment.id },
  });
  expect(added).toBe(1);
  await database.db
    .update(users)
    .set({ email: `${token.userId}@test.local` })
    .where(eq(users.id, token.userId));
});

describe("escalation", () => {
  const levels = [
    { afterMinutes: 15, roles: ["reviewer"] },
    { afterMinutes: 60, roles: ["admin"] },
  ];
  it("tells level after level until somebody acknowledges, and stands in the alert's history", async () => {
    await route([{ escalation: levels, repeatMinutes: null }]);
    await raise("errors");
    await pass(10);
    await pass(15 * 60 - 1);
    expect(await inbox(reviewer)).toEqual([]);
    await pass(1);
    await pass(60);
    expect([await inbox(reviewer), await inbox(admin)]).toEqual([["Escalated: errors happen"], []]);
    const { items } = await listAlerts.execute(as(viewer), {});
    expect(items[0]?.history[0]).toMatchObject({
      action: "monitoring.alert.escalate",
      reason: "Nobody acknowledged it within 15 minutes.",
    });
    await acknowledgeAlert.execute(as(member), { alertId: items[0]?.id ?? "" });
    await pass(3_600);
    expect(await inbox(admin)).toEqual([]);
    // A new beginning escalates anew.
    await resolve("errors");
    await pass(300);
    await raise("errors");
    await pass(10);
    await pass(60 * 60);
    await pass(1);
    expect([(await inbox(reviewer)).length, await inbox(admin)]).toEqual([2, ["Escalated: errors happen"]]);
  });

  it("waits while the alert is silenced", async () => {
    await route([{ escalation: levels, repeatMinutes: null }]);
    await raise("errors");
    await pass(10);
    const alertId = (await alertOf("errors"))?.id;
    await silenceAlerts.execute(as(member), { alertId, minutes: 60, reason: "known" });
    await pass(30 * 60);
    expect(await inbox(reviewer)).toEqual([]);
    await pass(31 * 60);
    expect(await inbox(reviewer)).toEqual(["Escalated: errors happen"]);
  });
});

it("another severity is told as new, to whom its route names", async () => {
  await route([{ severity: "critical", roles: ["reviewer"], owner: false }]);
  await raise("serving", "warning");
  await pass(10);
  await raise("serving", "critical");
  await pass(10);
  expect([await inbox(member), await inbox(reviewer)]).toEqual([
    ["serving happen"],
    ["serving happen", "serving happen"],
  ]);
});
