import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import { createServer } from "node:http";
import os from "node:os";
import path from "node:path";
import { asc } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { alertDeliveries } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { waitFor } from "@/db/testing/wait-for";
import { systemActor, type Actor } from "@/server/core/actor";
import { createCtx } from "@/server/core/context";
import type { AlertKind } from "../rules";
import { fingerprintOf } from "../alert-labels";
import { raiseAlert, resolveAlerts } from "../raise-alert";
import { makeDeployment, makePerson, makeTeam } from "../../testing";
import { setRouting } from "./set-routing";
import { tellAlerts } from "./tell-alerts";

/** Built by `scripts/setup-system.sh`; the test must not pass without it. */
const program = () =>
  execFileSync(
    "bash",
    ["scripts/go-tool.sh", "--path", "github.com/prometheus/alertmanager/cmd/alertmanager@v0.28.1"],
    { encoding: "utf8" },
  ).trim();

const Told = z.looseObject({
  status: z.string(),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  startsAt: z.string(),
  endsAt: z.string(),
  generatorURL: z.string(),
  fingerprint: z.string(),
});
const Body = z.looseObject({ groupKey: z.string(), status: z.string(), alerts: z.array(Told) });
type Body = z.infer<typeof Body>;

async function listen(heard: Body[]) {
  const server = createServer((req, res) => {
    let text = "";
    req.on("data", (chunk: Buffer) => (text += chunk.toString()));
    req.on("end", () => {
      if (text) heard.push(Body.parse(JSON.parse(text)));
      res.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return { server, port: address && typeof address === "object" ? address.port : 0 };
}

/** Everything that is said, but for what is written in another way: the portal's address, and fractions of a second. */
function said({ externalURL: _address, alerts, ...body }: Body) {
  return {
    ...body,
    alerts: alerts.map(({ startsAt, endsAt, ...alert }) => ({
      ...alert,
      startsAt: Date.parse(startsAt),
      // Alertmanager tells the end of what fires as far as it knows: never.
      endsAt: alert.status === "resolved" ? Date.parse(endsAt) : "never",
    })),
  };
}

/** What each group was told, in order; the same again (a repeat) once. */
function story(bodies: readonly Body[]) {
  const groups: Record<string, ReturnType<typeof said>[]> = {};
  for (const body of bodies) {
    const told = (groups[body.groupKey] ??= []);
    const next = said(body);
    if (JSON.stringify(told.at(-1)) !== JSON.stringify(next)) told.push(next);
  }
  return groups;
}

let database: TestDatabase;
let admin: Actor;
let deploymentId: string;
/** Ours is told the time; it must have passed already, because Alertmanager holds an end in the future for none. */
let nowMs = Math.floor(Date.now() / 1_000) * 1_000 - 6 * 3_600_000;
const acting = (teamId: string) =>
  createCtx({ actor: systemActor(teamId), db: database.db, now: () => new Date(nowMs) });

beforeAll(async () => {
  process.env.ALERT_WEBHOOK_URL = "http://127.0.0.1:9/hook";
  database = await createTestDatabase();
  admin = await makePerson(database.db, await makeTeam(database.db, "risk"), "admin");
  deploymentId = (await makeDeployment(database.db, admin, "x")).id;
});
afterAll(() => database.close());

async function pass(seconds: number): Promise<void> {
  nowMs += seconds * 1_000;
  await tellAlerts(database.db, new Date(nowMs), acting);
}

const ours = async () => {
  const rows = await database.db
    .select({ body: alertDeliveries.body })
    .from(alertDeliveries)
    .orderBy(asc(alertDeliveries.groupId), asc(alertDeliveries.sequence));
  return rows.map(({ body }) => Body.parse(JSON.parse(JSON.stringify(body))));
};

const raise = (kind: AlertKind, severity: "critical" | "warning", fingerprint: string, subjectId: string) =>
  raiseAlert(acting(admin.teamId), {
    fingerprint,
    kind,
    severity,
    title: `${kind} of x`,
    body: "60 of 60 failed.\nSecond line.",
    href: "/monitoring/x",
    subject: { kind: "deployment", id: subjectId },
    ownerId: admin.userId,
  });
const resolve = (kind: AlertKind, subjectId: string) =>
  resolveAlerts(acting(admin.teamId), { kind, subjectId, reason: "over" });

/** Lets ours go through a day of alerts and notes, after each step, what Alertmanager is to be told of it. */
async function ourDay() {
  await setRouting.execute(
    { actor: admin, db: database.db },
    { revision: 0, routes: [{ kinds: ["errors", "latency"], severity: "critical", repeatMinutes: 60 }] },
  );
  const steps: { bodies: Body[] }[] = [];
  const noted = async () => steps.push({ bodies: await ours() });
  // Two alerts of a route and a deployment, one of another route, one of another subject.
  await raise("errors", "critical", 'errors:"quoted" \\ ü', deploymentId);
  await raise("latency", "critical", "latency:x", deploymentId);
  await raise("drift", "warning", "drift:x", deploymentId);
  await raise("recording", "warning", "recording", "predictions");
  await pass(30);
  await noted();
  // One ends while the other goes on; then nothing changes until it is time to repeat; then another joins.
  await resolve("latency", deploymentId);
  await pass(300);
  await noted();
  await pass(300);
  await pass(3_600);
  await pass(3_900);
  await noted();
  await raise("latency", "critical", "latency:x", deploymentId);
  await pass(300);
  await noted();
  for (const kind of ["errors", "latency", "drift"] as const) await resolve(kind, deploymentId);
  await pass(300);
  await noted();
  return steps;
}

const CONFIG = (port: number) => `route:
  receiver: modelworks
  group_by: [severity, team, deployment, subject]
  group_wait: 300ms
  group_interval: 500ms
  repeat_interval: 1500ms
  routes:
    - matchers: ['alertname=~"ModelworksErrors|ModelworksLatency"', 'severity="critical"']
receivers: [{name: modelworks, webhook_configs: [{url: "http://127.0.0.1:${port}/"}]}]
`;

/** The alerts' last state after a step, as a client of Alertmanager would post it. */
function toPost(bodies: readonly Body[]) {
  const last = new Map<string, z.infer<typeof Told>>();
  for (const { alerts } of bodies) for (const alert of alerts) last.set(alert.fingerprint, alert);
  return [...last.values()].map(({ labels, annotations, startsAt, endsAt, generatorURL, status }) => ({
    labels,
    annotations,
    startsAt,
    generatorURL,
    ...(status === "resolved" ? { endsAt } : {}),
  }));
}

it("tells a receiver what Alertmanager tells it of the same alerts: groups, their keys and order, repeats and ends", async () => {
  const steps = await ourDay();
  const told = steps.at(-1)?.bodies ?? [];
  const heard: Body[] = [];
  const { server, port } = await listen(heard);
  const spare = await listen([]);
  await new Promise((done) => spare.server.close(done));
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "mw-alertmanager-"));
  fs.writeFileSync(path.join(home, "config.yml"), CONFIG(port));
  const child = spawn(
    program(),
    [
      `--config.file=${home}/config.yml`,
      `--storage.path=${home}`,
      "--cluster.listen-address=",
      `--web.listen-address=127.0.0.1:${spare.port}`,
    ],
    { stdio: "ignore" },
  );
  try {
    const api = `http://127.0.0.1:${spare.port}`;
    await waitFor(async () => (await fetch(`${api}/-/ready`).catch(() => undefined))?.ok === true);
    for (const { bodies } of steps) {
      // oxlint-disable no-await-in-loop -- each step builds on what was told before
      const posted = await fetch(`${api}/api/v2/alerts`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(toPost(bodies)),
      });
      expect(posted.status, await posted.text()).toBe(200);
      const expected = story(bodies);
      await waitFor(
        () => {
          const theirs = story(heard);
          return Object.entries(expected).every(([key, group]) => (theirs[key]?.length ?? 0) >= group.length);
        },
        { timeoutMs: 20_000, what: "Alertmanager to tell as much" },
      );
      // oxlint-enable no-await-in-loop
      expect(story(heard)).toEqual(expected);
    }
    // What goes on is told again, in the same words, by both.
    const repeats = (bodies: readonly Body[]) =>
      bodies.some(
        (body, at) =>
          body.status === "firing" &&
          bodies.slice(at + 1).some((later) => JSON.stringify(said(later)) === JSON.stringify(said(body))),
      );
    await waitFor(() => repeats(heard));
    expect(repeats(told)).toBe(true);
    const [mine, theirs] = [told[0], heard[0]];
    expect(Object.keys(mine ?? {}).toSorted()).toEqual(Object.keys(theirs ?? {}).toSorted());
    expect(Object.keys(mine?.alerts[0] ?? {}).toSorted()).toEqual(
      Object.keys(theirs?.alerts[0] ?? {}).toSorted(),
    );
    expect(fingerprintOf({})).toBe("cbf29ce484222325");
  } finally {
    child.kill();
    server.close();
  }
}, 120_000);
