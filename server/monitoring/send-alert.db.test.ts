import { createServer, type Server } from "node:http";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { alerts, outboxEvents } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { systemActor, type Actor } from "@/server/core/actor";
import { createCtx, type Ctx } from "@/server/core/context";
import { raiseAlert, resolveAlerts } from "./raise-alert";
import { sendAlert } from "./send-alert";
import { makeDeployment, makePerson, makeTeam } from "./testing";

let database: TestDatabase;
let owner: Actor;
let receiver: Server;
let status = 200;
/** What happens while the receiver makes up its answer. */
let meanwhile = async () => {};
const heard: { authorization: string | undefined; body: Record<string, unknown> }[] = [];
const ctxOf = (teamId: string): Ctx => createCtx({ actor: systemActor(teamId), db: database.db });

beforeAll(async () => {
  database = await createTestDatabase();
  owner = await makePerson(database.db, await makeTeam(database.db, "risk"), "member");
  receiver = createServer((req, res) => {
    let text = "";
    req.on("data", (chunk: Buffer) => (text += chunk.toString()));
    req.on("end", async () => {
      heard.push({
        authorization: req.headers.authorization,
        body: JSON.parse(text) as Record<string, unknown>,
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

it("posts Alertmanager's version 4 when an alert fires and when it resolves, with one identity", async () => {
  const deployment = await makeDeployment(database.db, owner, "hooked");
  const ctx = ctxOf(owner.teamId);
  await raiseAlert(ctx, {
    fingerprint: "errors:1",
    kind: "errors",
    severity: "critical",
    title: "hooked answers with errors",
    body: "60 of 60 failed.",
    href: "/monitoring/hooked",
    subject: { kind: "deployment", id: deployment.id },
    ownerId: owner.userId,
  });
  const [alert] = await database.db.select().from(alerts).where(eq(alerts.subjectId, deployment.id));
  const id = alert?.id ?? "";
  await sendAlert(ctx, id);
  await resolveAlerts(ctx, { kind: "errors", subjectId: deployment.id, reason: "over" });
  await sendAlert(ctx, id);
  const labels = {
    alertname: "ModelworksErrors",
    severity: "critical",
    team: "risk",
    deployment: "hooked",
    alert: "errors:1",
  };
  const [firing, resolved] = heard;
  expect(firing?.authorization).toBe("Bearer receiver-token");
  expect(firing?.body).toMatchObject({
    version: "4",
    status: "firing",
    commonLabels: labels,
    commonAnnotations: { summary: "hooked answers with errors", description: "60 of 60 failed." },
    alerts: [
      {
        status: "firing",
        labels,
        startsAt: alert?.startedAt.toISOString(),
        endsAt: "0001-01-01T00:00:00Z",
        generatorURL: expect.stringMatching(/^http.*\/monitoring\/hooked$/),
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
  expect(events.map((event) => event.type)).toEqual(["monitoring.alert_raised", "monitoring.alert_resolved"]);

  // Another team's worker context finds nothing to send; a receiver that refuses or redirects makes the delivery fail, so that it is tried again.
  await sendAlert(ctxOf("team_other"), id);
  expect(heard).toHaveLength(2);
  for (status of [503, 302]) await expect(sendAlert(ctx, id)).rejects.toThrow();
});

it("sends what changed while it was sent after it, so that the receiver ends with the present state", async () => {
  status = 200;
  const deployment = await makeDeployment(database.db, owner, "slow");
  const ctx = ctxOf(owner.teamId);
  await raiseAlert(ctx, {
    fingerprint: "errors:2",
    kind: "errors",
    severity: "critical",
    title: "slow answers with errors",
    body: "60 of 60 failed.",
    href: "/monitoring/slow",
    subject: { kind: "deployment", id: deployment.id },
    ownerId: owner.userId,
  });
  const [alert] = await database.db.select().from(alerts).where(eq(alerts.subjectId, deployment.id));
  meanwhile = async () => {
    await resolveAlerts(ctx, { kind: "errors", subjectId: deployment.id, reason: "over" });
  };
  const before = heard.length;
  await sendAlert(ctx, alert?.id ?? "");
  expect(heard.slice(before).map(({ body }) => body.status)).toEqual(["firing", "resolved"]);
});
