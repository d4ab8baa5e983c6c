import { and, count, eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { alerts, notifications } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { systemActor, type Actor } from "@/server/core/actor";
import { createCtx } from "@/server/core/context";
import { ALERT_KIND_NAMES, runbookOf } from "./rules";
import { listAlerts } from "./list-alerts";
import { raiseAlert } from "./raise-alert";
import { endSilence, listSilences, silenceAlerts } from "./silences";
import { tellAlerts } from "./telling/tell-alerts";
import { makeDeployment, makePerson, makeTeam } from "../testing";

let database: TestDatabase;
let owner: Actor;
let viewer: Actor;
let stranger: Actor;

beforeAll(async () => {
  database = await createTestDatabase();
  const team = await makeTeam(database.db, "risk");
  owner = await makePerson(database.db, team, "member");
  viewer = await makePerson(database.db, team, "viewer");
  stranger = await makePerson(database.db, await makeTeam(database.db, "other"), "member");
});
afterAll(() => database.close());

const as = (actor: Actor) => ({ actor, db: database.db });
const later = (ms: number) => (teamId: string) =>
  createCtx({ actor: systemActor(teamId), db: database.db, now: () => new Date(Date.now() + ms) });

it("a silenced alert tells nobody, shows until when, and is told when the silence is over and it still fires", async () => {
  const deployment = await makeDeployment(database.db, owner, "quiet");
  const told = async (subject: string) => {
    const [row] = await database.db
      .select({ n: count() })
      .from(notifications)
      .where(and(eq(notifications.subjectId, deployment.id), eq(notifications.title, subject)));
    return row?.n;
  };
  const raise = (kind: "errors" | "latency", title: string) =>
    raiseAlert(later(0)(owner.teamId), {
      fingerprint: `${kind}:${deployment.id}`,
      kind,
      severity: "critical",
      title,
      body: "b",
      href: "/monitoring/quiet",
      subject: { kind: "deployment", id: deployment.id },
      ownerId: owner.userId,
    });
  const scope = { kind: "latency", deployment: "quiet", minutes: 60, reason: "load test" };
  await expect(silenceAlerts.execute(as(viewer), scope)).rejects.toMatchObject({ code: "forbidden" });
  await expect(silenceAlerts.execute(as(stranger), scope)).rejects.toMatchObject({ code: "not_found" });
  await expect(silenceAlerts.execute(as(owner), { minutes: 60, reason: "all" })).rejects.toMatchObject({
    code: "invalid",
  });
  const { silenceId, endsAt } = await silenceAlerts.execute(as(owner), scope);
  await raise("errors", "loud");
  await raise("latency", "silent");
  const tell = (ms: number) => tellAlerts(database.db, new Date(Date.now() + ms), later(ms));
  await tell(11_000);
  expect([await told("loud"), await told("silent")]).toEqual([1, 0]);
  const list = await listAlerts.execute(as(viewer), {});
  expect(list.items.find((row) => row.title === "silent")).toMatchObject({
    silencedUntil: endsAt,
    ownerName: "member",
    runbook: "/docs/runbooks/latency",
  });
  expect(list.items.find((row) => row.title === "loud")?.silencedUntil).toBeNull();
  expect((await listSilences.execute(as(viewer), {})).items).toMatchObject([
    { scope: "Latency of quiet", reason: "load test", by: "member" },
  ]);
  expect((await listSilences.execute(as(stranger), {})).items).toEqual([]);
  await tell(400_000);
  expect(await told("silent")).toBe(0);
  await expect(endSilence.execute(as(stranger), { silenceId })).rejects.toMatchObject({ code: "not_found" });
  await endSilence.execute(as(owner), { silenceId });
  await expect(endSilence.execute(as(owner), { silenceId })).rejects.toMatchObject({ code: "conflict" });
  expect((await listSilences.execute(as(viewer), { state: "ended" })).items).toHaveLength(1);
  for (let time = 0; time < 2; time += 1) await tell(401_000);
  // Told with the alert that fires beside it, as one message.
  expect([await told("loud"), await told("silent and 1 more")]).toEqual([1, 1]);
  const [alert] = await database.db.select().from(alerts).where(eq(alerts.kind, "errors"));
  await silenceAlerts.execute(as(owner), { alertId: alert?.id, minutes: 60, reason: "known" });
  expect((await listSilences.execute(as(viewer), {})).items).toMatchObject([{ scope: "loud" }]);
});

it("each kind of alert has a runbook", async () => {
  const { readFile } = await import("node:fs/promises");
  for (const kind of ALERT_KIND_NAMES)
    expect((await readFile(`.${runbookOf(kind)}.md`, "utf8")).length).toBeGreaterThan(100);
});
