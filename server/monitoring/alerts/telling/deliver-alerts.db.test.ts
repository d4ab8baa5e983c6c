import { createServer, type Server } from "node:http";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { alertDeliveries, alertGroups, alerts, outboxEvents } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { systemActor, type Actor } from "@/server/core/actor";
import { createCtx, type Ctx } from "@/server/core/context";
import { raiseAlert, resolveAlerts } from "../raise-alert";
import { makeDeployment, makePerson, makeTeam } from "../../testing";
import { deliverAlerts } from "./deliver-alerts";
import { tellAlerts } from "./tell-alerts";

let database: TestDatabase;
let owner: Actor;
let receiver: Server;
let status = 200;
/** What happens while the receiver makes up its answer. */
let meanwhile = async () => {};
let heard: { authorization: string | undefined; body: Record<string, unknown> }[] = [];
let nowMs = Date.now();
const ctxOf = (teamId: string): Ctx =>
  createCtx({ actor: systemActor(teamId), db: database.db, now: () => new Date(nowMs) });

beforeAll(async () => {
  database = await createTestDatabase();
  owner = await makePerson(database.db, await makeTeam(database.db, "risk"), "member");
  receiver = createServer((req, res) => {
    let text = "";
    req.on("data", (chunk: Buffer) => (text += chunk.toString()));
    req.on("end", async () => {
      heard.push({
        authorization: req.headers.authorization,
        body: z.record(z.string(), z.unknown()).parse(JSON.parse(text)),
      });
      await meanwhile();
      res.writeHead(status, { location: "/elsewhere" }).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const address = receiver.address();
  const port = typeof address === "object" && address ? address.port : 0;
  process.env.ALERT_WEBHOOK_URL = `http://127.0.0.1:${port}/hook`;
  process.env.ALERT_WEBHOOK_TOKEN = "receiver-token";
});
afterAll(async () => {
  await new Promise((resolve) => receiver.close(resolve));
  await database.close();
});
beforeEach(() => {
  status = 200;
  heard = [];
  meanwhile = async () => {};
});

let number = 0;
async function alerted() {
  number += 1;
  const name = `hooked-${number}`;
  const deployment = await makeDeployment(database.db, owner, name);
  const raise = () =>
    raiseAlert(ctxOf(owner.teamId), {
      fingerprint: `errors:${name}`,
      kind: "errors",
      severity: "critical",
      title: `${name} answers with errors`,
      body: "60 of 60 failed.",
      href: `/monitoring/${name}`,
      subject: { kind: "deployment", id: deployment.id },
      ownerId: owner.userId,
    });
  const resolve = () =>
    resolveAlerts(ctxOf(owner.teamId), { kind: "errors", subjectId: deployment.id, reason: "over" });
  const look = async (seconds: number) => {
    nowMs += seconds * 1_000;
    await tellAlerts(database.db, new Date(nowMs), ctxOf);
    const [row] = await database.db.select().from(alerts).where(eq(alerts.subjectId, deployment.id));
    return row;
  };
  await raise();
  const groupId = (await look(10))?.groupId ?? "";
  return { name, raise, resolve, look, groupId };
}
const waiting = async (groupId: string) =>
  (await database.db.select().from(alertDeliveries).where(eq(alertDeliveries.groupId, groupId))).length;

it("posts Alertmanager's version 4 when an alert fires and when it resolves, with one identity", async () => {
  const { name, resolve, look, groupId } = await alerted();
  const alert = await look(0);
  await deliverAlerts(ctxOf(owner.teamId), groupId);
  await resolve();
  await look(299);
  await deliverAlerts(ctxOf(owner.teamId), groupId);
  expect(heard).toHaveLength(1);
  await look(1);
  await deliverAlerts(ctxOf(owner.teamId), groupId);
  const labels = {
    alertname: "ModelworksErrors",
    severity: "critical",
    team: "risk",
    deployment: name,
    alert: `errors:${name}`,
  };
  const [firing, resolved] = heard;
  expect(heard).toHaveLength(2);
  expect(firing?.authorization).toBe("Bearer receiver-token");
  expect(firing?.body).toMatchObject({
    version: "4",
    status: "firing",
    commonLabels: labels,
    commonAnnotations: { summary: `${name} answers with errors`, description: "60 of 60 failed." },
    alerts: [
      {
        status: "firing",
        labels,
        startsAt: alert?.startedAt.toISOString(),
        endsAt: "0001-01-01T00:00:00Z",
        generatorURL: expect.stringMatching(new RegExp(`^http.*/monitoring/${name}$`)),
        fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
      },
    ],
  });
  expect(resolved?.body).toMatchObject({
    status: "resolved",
    groupKey: firing?.body.groupKey,
    commonLabels: labels,
  });
  const events = await database.db.select({ type: outboxEvents.type }).from(outboxEvents);
  expect(events.filter(({ type }) => type === "monitoring.alerts_told")).toHaveLength(2);
  // What was told whole leaves nothing behind.
  await look(300);
  expect(await database.db.select().from(alertGroups).where(eq(alertGroups.id, groupId))).toEqual([]);
  expect(await waiting(groupId)).toBe(0);
});

it("keeps what a receiver refuses, in order, also after the alert is over", async () => {
  const { resolve, raise, look, groupId } = await alerted();
  await deliverAlerts(ctxOf("team_other"), groupId);
  expect(heard).toEqual([]);
  for (status of [503, 302]) await expect(deliverAlerts(ctxOf(owner.teamId), groupId)).rejects.toThrow();
  await resolve();
  await look(300);
  await look(300);
  // The group is empty, but its next message must not overtake these.
  await raise();
  expect(await look(60)).toMatchObject({ groupId });
  expect(await waiting(groupId)).toBe(3);
  status = 200;
  heard = [];
  await deliverAlerts(ctxOf(owner.teamId), groupId);
  expect(heard.map(({ body }) => body.status)).toEqual(["firing", "resolved", "firing"]);
  expect(await waiting(groupId)).toBe(0);
});

it("of two that deliver at once, each message is heard once and in order; what was not confirmed stays", async () => {
  const { resolve, look, groupId } = await alerted();
  await resolve();
  await look(300);
  // It was heard, but not confirmed: at least once.
  meanwhile = async () => {
    status = 503;
  };
  await expect(deliverAlerts(ctxOf(owner.teamId), groupId)).rejects.toThrow();
  expect(await waiting(groupId)).toBe(2);
  meanwhile = async () => {};
  status = 200;
  heard = [];
  await Promise.all([
    deliverAlerts(ctxOf(owner.teamId), groupId),
    deliverAlerts(ctxOf(owner.teamId), groupId),
  ]);
  await deliverAlerts(ctxOf(owner.teamId), groupId);
  expect(heard.map(({ body }) => body.status)).toEqual(["firing", "resolved"]);
});

it("a look that dies has told nothing, and of two looks at once one tells", async () => {
  const { look, groupId, resolve } = await alerted();
  await resolve();
  nowMs += 300_000;
  const dies = (teamId: string): Ctx => {
    let asked = 0;
    return {
      ...ctxOf(teamId),
      now: () => {
        asked += 1;
        if (asked > 4) throw new Error("the worker dies here");
        return new Date(nowMs);
      },
    };
  };
  await tellAlerts(database.db, new Date(nowMs), dies);
  expect(await waiting(groupId)).toBe(1);
  await Promise.all([look(0), look(0)]);
  expect(await waiting(groupId)).toBe(2);
});
