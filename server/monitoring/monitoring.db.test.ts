import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  alerts,
  auditLog,
  deployments,
  driftReports,
  notifications,
  processes,
  rollouts,
  tickLeases,
} from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { systemActor, type Actor } from "@/server/core/actor";
import { createCtx, type Ctx } from "@/server/core/context";
import { newId } from "@/server/core/ids";
import { acknowledgeAlert } from "./alerts/acknowledge-alert";
import { listAlerts } from "./alerts/list-alerts";
import { reportAllDrift, reportDrift } from "./drift/run-drift";
import { getPrediction, listPredictions } from "./prediction-queries";
import { recordFeedback } from "./outcomes/record-feedback";
import { storePredictions } from "./recording/store-predictions";
import { getMonitored, listMonitored } from "./traffic-queries";
import { tellAlerts } from "./alerts/telling/tell-alerts";
import { makeDeployment, makePerson, makeTeam, predictionOf } from "./testing";
import { watchErrors } from "./watches/watch-errors";
import type { ArmReport, DeploymentReport } from "@/server/serving/gateway-report";
import type { Lease } from "@/server/kit/handlers";
import { Leases } from "@/server/kit/leases";
import { watchGateways } from "./watches/watch-gateways";
import { watchRollout } from "./watches/watch-rollouts";

let database: TestDatabase;
let owner: Actor;
let viewer: Actor;
let stranger: Actor;

const as = (actor: Actor) => ({ actor, db: database.db });
const factory = (teamId: string): Ctx => createCtx({ actor: systemActor(teamId), db: database.db });
const later = (ms: number) => (teamId: string) =>
  createCtx({ actor: systemActor(teamId), db: database.db, now: () => new Date(Date.now() + ms) });

beforeAll(async () => {
  database = await createTestDatabase();
  const team = await makeTeam(database.db, "risk");
  owner = await makePerson(database.db, team, "member");
  viewer = await makePerson(database.db, team, "viewer");
  stranger = await makePerson(database.db, await makeTeam(database.db, "other"), "member");
});
afterAll(() => database.close());

const tensor = (values: number[]) => [
  { name: "features", datatype: "FP32", shape: [1, values.length], data: values },
];

describe("health", () => {
  it("shows counts, intervals, and p99 only from 300 requests on", async () => {
    const deployment = await makeDeployment(database.db, owner, "health");
    const records = Array.from({ length: 299 }, (_, n) =>
      predictionOf(deployment, owner.teamId, {
        latencyMs: 2,
        status: n < 3 ? 500 : 200,
        predicted: n < 3 ? null : "1",
      }),
    );
    await storePredictions(database.db, records);
    const labelled = records
      .slice(3, 13)
      .map((record, n) => ({ predictionId: record.id, value: n === 0 ? 0 : 1 }));
    await recordFeedback.execute(as(owner), { items: labelled });
    const page = await listMonitored.execute(as(viewer), {});
    expect(page.items.find((row) => row.name === "health")).toMatchObject({
      requests: 299,
      errorRate: { n: 299 },
      p99Ms: null,
      drift: null,
      openAlerts: 0,
    });
    await storePredictions(database.db, [predictionOf(deployment, owner.teamId, { latencyMs: 2 })]);
    const one = await getMonitored.execute(as(viewer), { name: "health" });
    expect(one.totals.p99Ms).toBeGreaterThan(1.5);
    // Wilson 95 % of 9 in 10, as in the note on intervals.
    expect(one.totals.accuracy.value).toBe(0.9);
    expect(one.totals.accuracy.lo).toBeCloseTo(0.596, 3);
    expect(one.totals.accuracy.hi).toBeCloseTo(0.982, 3);
    expect(one.points.reduce((sum, point) => sum + point.requests, 0)).toBe(300);
    expect(one.feedbackDelay.n).toBe(10);
  });

  it("pages predictions, filters them and shows one with its outcome; other teams find nothing", async () => {
    const deployment = await makeDeployment(database.db, owner, "pages");
    const records = Array.from({ length: 7 }, (_, n) =>
      predictionOf(deployment, owner.teamId, {
        atMs: 1_760_000_000_000 + Math.floor(n / 3),
        latencyMs: n === 6 ? 500 : 1,
        parameters: n === 0 ? { temperature: 0.2 } : null,
      }),
    );
    await storePredictions(database.db, records);
    const seen: string[] = [];
    let cursor: string | null | undefined;
    do {
      const page = await listPredictions.execute(as(viewer), { name: "pages", limit: 2, cursor });
      seen.push(...page.items.map((row) => row.id));
      cursor = page.nextCursor;
    } while (cursor);
    expect(seen.toSorted()).toEqual(records.map((record) => record.id).toSorted());
    const slow = await listPredictions.execute(as(viewer), { name: "pages", outcome: "slow" });
    expect(slow.items.map((row) => row.id)).toEqual([records[6]?.id]);
    const [first] = records;
    const id = first?.id ?? "";
    await recordFeedback.execute(as(owner), { items: [{ predictionId: id, value: "0" }] });
    expect(await getPrediction.execute(as(viewer), { predictionId: id })).toMatchObject({
      deployment: "pages",
      parameters: { temperature: 0.2 },
      feedback: { value: "0", isCorrect: false },
    });
    const missing = { code: "not_found" };
    await expect(listPredictions.execute(as(stranger), { name: "pages" })).rejects.toMatchObject(missing);
    await expect(getMonitored.execute(as(stranger), { name: "pages" })).rejects.toMatchObject(missing);
    await expect(getPrediction.execute(as(stranger), { predictionId: id })).rejects.toMatchObject(missing);
    await expect(listPredictions.execute(as(viewer), { name: "pages", cursor: "x" })).rejects.toMatchObject({
      code: "invalid",
    });
  });
});

describe("alerts", () => {
  it("fire once on too many errors, are acknowledged by one person, and resolve by themselves", async () => {
    const deployment = await makeDeployment(database.db, owner, "errors");
    const failing = (count: number, status: number) =>
      Array.from({ length: count }, () => predictionOf(deployment, owner.teamId, { status }));
    await storePredictions(database.db, failing(49, 500));
    await watchErrors(database.db, new Date(), factory);
    expect((await listAlerts.execute(as(viewer), {})).total).toBe(0);
    await storePredictions(database.db, failing(1, 500));
    await watchErrors(database.db, new Date(), factory);
    await watchErrors(database.db, new Date(), factory);
    const open = await listAlerts.execute(as(viewer), {});
    expect(open.items).toMatchObject([
      { state: "firing", subjectName: "errors", history: [{ actorName: "Modelworks" }] },
    ]);
    const alertId = open.items[0]?.id ?? "";
    await tellAlerts(database.db, new Date(Date.now() + 11_000), later(11_000));
    const inbox = await database.db.select().from(notifications).where(eq(notifications.kind, "alert"));
    expect(inbox.map((row) => row.userId)).toEqual([owner.userId]);

    await expect(acknowledgeAlert.execute(as(viewer), { alertId })).rejects.toMatchObject({
      code: "forbidden",
    });
    await expect(acknowledgeAlert.execute(as(stranger), { alertId })).rejects.toMatchObject({
      code: "not_found",
    });
    await acknowledgeAlert.execute(as(owner), { alertId });
    await expect(acknowledgeAlert.execute(as(owner), { alertId })).rejects.toMatchObject({
      code: "conflict",
    });
    const written = await database.db
      .select()
      .from(auditLog)
      .where(and(eq(auditLog.subjectId, alertId)));
    expect(written.map((row) => row.action)).toEqual([
      "monitoring.alert.raise",
      "monitoring.alert.tell",
      "monitoring.alert.acknowledge",
    ]);

    await storePredictions(database.db, failing(2000, 200));
    await watchErrors(database.db, new Date(), factory);
    expect((await listAlerts.execute(as(viewer), {})).items).toEqual([]);
    const done = await listAlerts.execute(as(viewer), { state: "resolved" });
    expect(done.items[0]?.history.map((entry) => entry.action)).toEqual([
      "monitoring.alert.resolve",
      "monitoring.alert.acknowledge",
      "monitoring.alert.tell",
      "monitoring.alert.raise",
    ]);
  });

  it("about errors resolve under thin traffic too, by the newest requests, and when the deployment is retired", async () => {
    const deployment = await makeDeployment(database.db, owner, "thin");
    const start = Date.now();
    const send = (count: number, status: number, minute: number) =>
      storePredictions(
        database.db,
        Array.from({ length: count }, (_, n) =>
          predictionOf(deployment, owner.teamId, { status, atMs: start + minute * 60_000 + n * 1000 }),
        ),
      );
    const stateAt = async (minute: number) => {
      await watchErrors(database.db, new Date(start + minute * 60_000), factory);
      const [row] = await database.db.select().from(alerts).where(eq(alerts.subjectId, deployment.id));
      return row?.state;
    };
    await send(60, 500, 0);
    expect(await stateAt(1)).toBe("firing");
    for (let minute = 10; minute < 50; minute += 10) await send(10, 200, minute);
    // 40 good ones since, but 10 bad ones are among the newest 50.
    expect(await stateAt(49)).toBe("firing");
    await send(10, 200, 50);
    expect(await stateAt(51)).toBe("resolved");

    await send(60, 500, 60);
    expect(await stateAt(61)).toBe("firing");
    expect(await stateAt(100)).toBe("firing");
    await send(3, 200, 110);
    expect(await stateAt(125)).toBe("resolved");

    await send(60, 500, 130);
    expect(await stateAt(131)).toBe("firing");
    await database.db
      .update(deployments)
      .set({ retiredAt: new Date() })
      .where(eq(deployments.id, deployment.id));
    expect(await stateAt(132)).toBe("resolved");
  });

  it("tell of a deployment that a gateway refuses to serve, why, and end when it is served", async () => {
    const deployment = await makeDeployment(database.db, owner, "refused");
    type Reports = Record<string, DeploymentReport>;
    const beat = async (id: string, serving: Reports | undefined, seenAt = new Date()) => {
      const row = {
        kind: "gateway",
        host: "h",
        pid: 1,
        version: "1",
        startedAt: seenAt,
        seenAt,
        info: { serving },
      };
      await database.db
        .insert(processes)
        .values({ id, ...row })
        .onConflictDoUpdate({ target: processes.id, set: { seenAt, info: { serving } } });
    };
    const look = async () => {
      await watchGateways(database.db, factory);
      const [row] = await database.db.select().from(alerts).where(eq(alerts.subjectId, deployment.id));
      return row;
    };
    const arm = (versionId: string, state: ArmReport["state"], reason = "") => ({
      versionId,
      state,
      reason,
      sinceMs: 1,
    });
    const says = (report: Partial<DeploymentReport>): Reports => ({
      [deployment.id]: { generation: 1, stable: null, canary: null, answering: null, ...report },
    });
    const refusal = says({ stable: arm("mv_1", "failed", "its weights are gone") });
    await beat("gone", refusal, new Date(Date.now() - 60_000));
    expect(await look()).toBeUndefined();
    // What is being loaded is no trouble yet.
    await beat("one", says({ stable: arm("mv_1", "loading") }));
    expect(await look()).toBeUndefined();
    await beat("one", refusal);
    expect(await look()).toMatchObject({
      state: "firing",
      title: "refused is not served",
      severity: "critical",
    });
    await beat("two", {});
    expect(await look()).toMatchObject({
      title: "refused is not served by every gateway",
      body: "The stable version is not served: its weights are gone",
    });
    // Silence is no good news.
    await database.db.update(processes).set({ seenAt: new Date(Date.now() - 60_000) });
    expect(await look()).toMatchObject({ state: "firing" });
    // Nor is a gateway that has just started and has not looked yet.
    await beat("one", undefined);
    expect(await look()).toMatchObject({ state: "firing" });
    await beat("one", says({ stable: arm("mv_1", "ready"), answering: "mv_1" }));
    expect(await look()).toMatchObject({ state: "resolved" });

    await beat("one", says({ stable: arm("mv_2", "failed", "no model"), answering: "mv_1" }));
    expect(await look()).toMatchObject({ title: "refused still serves the version before" });
    const ready = { stable: arm("mv_1", "ready"), answering: "mv_1" };
    const loops = arm("mv_2", "crash-looping", "its process was ended by SIGSEGV");
    await beat("one", says({ ...ready, canary: loops }));
    expect(await look()).toMatchObject({
      title: "The canary of refused is not served",
      severity: "warning",
      body: "The canary version is not served: its process was ended by SIGSEGV",
    });
    await beat("one", says(ready));
    expect(await look()).toMatchObject({ state: "resolved" });
  });

  it("tell of a rollback with its reason, once, and end with the next good rollout", async () => {
    const deployment = await makeDeployment(database.db, owner, "canary");
    const rolloutId = newId("rollout");
    await database.db.insert(rollouts).values({
      id: rolloutId,
      teamId: owner.teamId,
      deploymentId: deployment.id,
      toVersionId: newId("version"),
      state: "rolled_back",
      stateReason: "Errors rose by 12 points.",
      stages: [],
      criteria: {},
      createdBy: owner.userId,
    });
    const ctx = factory(owner.teamId);
    await watchRollout(ctx, rolloutId, "rolled_back");
    await watchRollout(ctx, rolloutId, "rolled_back");
    const rows = await database.db.select().from(alerts).where(eq(alerts.subjectId, deployment.id));
    expect(rows).toMatchObject([
      { kind: "rollback", state: "firing", body: expect.stringContaining("Errors rose by 12 points.") },
    ]);
    expect(rows[0]?.href).toBe(`/deployments/canary/rollouts/${rolloutId}`);
    await watchRollout(ctx, rolloutId, "succeeded");
    const [after] = await database.db.select().from(alerts).where(eq(alerts.subjectId, deployment.id));
    expect(after?.state).toBe("resolved");
  });
});

describe("drift", () => {
  /** A spread of values without chance: the same at each run. */
  const value = (n: number) => Math.sin(n * 12.9898) * 10;

  async function leaseOf(holder: string): Promise<Lease> {
    await database.db.update(tickLeases).set({ expiresAt: new Date(0) });
    const leases = new Leases(database.db, holder, 600_000);
    await leases.look(["monitoring.report-drift"]);
    return leases.of("monitoring.report-drift") ?? expect.fail("no lease");
  }

  it("says when it knows too little, finds no drift in equal data, and raises an alert on a real shift", async () => {
    const deployment = await makeDeployment(database.db, owner, "drift");
    const ctx = factory(owner.teamId);
    const lost = await leaseOf("proc_paused");
    const lease = await leaseOf("proc_test");
    const row = {
      id: deployment.id,
      teamId: owner.teamId,
      name: "drift",
      ownerId: owner.userId,
      stableVersionId: deployment.versionId,
    };
    const send = (from: number, count: number, shift: number) =>
      storePredictions(
        database.db,
        Array.from({ length: count }, (_, n) =>
          predictionOf(deployment, owner.teamId, {
            atMs: Date.now() - 3_600_000 + (from + n),
            inputs: tensor([value(from + n) + shift, value(from + n + 7)]),
          }),
        ),
      );
    expect(await reportDrift(ctx, row, lease.fence)).toBeUndefined();
    await send(0, 60, 0);
    const late = reportDrift(ctx, row, lost.fence);
    await expect(late).rejects.toThrow("Another worker does this by now.");
    expect(await database.db.select().from(driftReports)).toEqual([]);
    expect(await reportDrift(ctx, row, lease.fence)).toBe("not-enough-data");
    await send(60, 1440, 0);
    expect(await reportDrift(ctx, row, lease.fence)).toBe("no-drift");
    await send(1500, 1000, 8);
    // The next look comes an hour after the last.
    await reportAllDrift(database.db, factory, lease);
    expect((await getMonitored.execute(as(viewer), { name: "drift", window: "24h" })).drift?.verdict).toBe(
      "no-drift",
    );
    await reportAllDrift(database.db, later(3_600_000), lease);
    const page = await getMonitored.execute(as(viewer), { name: "drift", window: "24h" });
    expect(page.drift).toMatchObject({
      verdict: "drift",
      reference: { kind: "first-requests", rows: 500, isSmall: true, window: { requests: 1000 } },
      features: [
        { feature: "features[0]", status: "drift", referenceCount: 500, currentCount: 1000 },
        { feature: "features[1]", status: "no-drift" },
        { feature: "Predictions", status: "no-drift" },
      ],
    });
    expect(page.alerts).toMatchObject([{ severity: "warning" }]);
  });
});
