import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { modelCards, outboxEvents, processes, trafficSeconds } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { makePerson, makeTeam, prepareHome } from "@/server/compute/testing";
import type { Actor } from "@/server/core/actor";
import { digestOf } from "@/server/core/digest";
import { newId } from "@/server/core/ids";
import { controlRollout } from "./control-rollout";
import { deploy } from "./deploy";
import { planPowerOf } from "./plan-power";
import { getDeployment, getRollout } from "./queries";
import { gatewayServes, makeModel, prove, serveTraffic } from "./testing";
import { rolloutTools } from "./testing-rollout";

let database: TestDatabase;
let ada: Actor;
let stranger: Actor;

beforeAll(async () => {
  database = await createTestDatabase();
  prepareHome(database.url);
});
afterAll(() => database.close());
beforeEach(async () => {
  ada = await makePerson(database.db, await makeTeam(database.db, newId("team")), "Ada");
  stranger = await makePerson(database.db, await makeTeam(database.db, newId("team")), "Sam");
  await database.db.delete(processes);
});

const { as, look, kindsOf, rolloutOf, follow, deployBeside, canary } = rolloutTools(
  () => database.db,
  () => ada,
);

describe("what gateways serve", () => {
  const say = (rolloutId: string, command: "promote" | "abort") =>
    controlRollout.execute(as(ada), { rolloutId, command, reason: "Known good" });

  it("lets a canary wait without a request until every live gateway serves it, and says which lacks it and why", async () => {
    const { name, rolloutId, deploymentId } = await deployBeside();
    await look(rolloutId);
    expect(await rolloutOf(rolloutId)).toMatchObject({ state: "pending", sharePercent: 0 });
    expect((await rolloutOf(rolloutId)).stateReason).toMatch(/^No gateway is running/);
    await follow(deploymentId);
    const other = { id: "gateway-other" };
    const loading = { state: "loading" as const, reason: "it reads 3 GB of weights" };
    await gatewayServes(database.db, { [deploymentId]: { canary: loading } }, other);
    await look(rolloutId);
    const waiting = "Gateway test, process 1 is still loading version 2: it reads 3 GB of weights.";
    expect(await rolloutOf(rolloutId)).toMatchObject({ state: "pending", stateReason: waiting });
    const seen = await getRollout.execute(as(ada), { rolloutId });
    expect(seen).toMatchObject({ notServed: waiting, allowed: ["abort"] });
    expect(seen.gateways?.map(({ state }) => state).toSorted()).toEqual(["loading", "ready"]);
    expect((await getDeployment.execute(as(ada), { name })).serving).toMatchObject({ state: "serving" });
    await gatewayServes(database.db, { [deploymentId]: {} }, other);
    await look(rolloutId);
    expect(await rolloutOf(rolloutId)).toMatchObject({ state: "running", sharePercent: 10, stageIndex: 0 });
    expect((await getRollout.execute(as(ada), { rolloutId })).notServed).toBe("");
  });

  it("takes back what cannot be loaded, before its first request and with the reason; stable stays", async () => {
    const { name, rolloutId, deploymentId } = await deployBeside();
    const failed = { state: "failed" as const, reason: "operator FlashAttention of opset 27 is unknown" };
    const since = (secondsAgo: number) => ({ ...failed, sinceMs: Date.now() - secondsAgo * 1000 });
    await gatewayServes(database.db, { [deploymentId]: { canary: since(0) } });
    await look(rolloutId);
    // A gateway tries again: one moment is not the end.
    expect((await rolloutOf(rolloutId)).state).toBe("pending");
    await gatewayServes(database.db, { [deploymentId]: { canary: since(20) } });
    await look(rolloutId);
    expect(await rolloutOf(rolloutId)).toMatchObject({
      state: "rolling_back",
      sharePercent: 0,
      stateReason:
        "Gateway test, process 1 cannot serve version 2: operator FlashAttention of opset 27 is unknown.",
    });
    await follow(deploymentId);
    await look(rolloutId);
    expect((await rolloutOf(rolloutId)).state).toBe("rolled_back");
    expect((await getDeployment.execute(as(ada), { name })).stable?.number).toBe(1);
    expect(await kindsOf(rolloutId)).toEqual(["deploying", "rollback", "finished"]);
    const told = await database.db
      .select({ payload: outboxEvents.payload })
      .from(outboxEvents)
      .where(eq(outboxEvents.type, "serving.rollout_finished"));
    expect(told.map(({ payload }) => payload)).toContainEqual({ rolloutId, state: "rolled_back" });
  });

  it.each(["running", "paused", "promoting"] as const)(
    "takes back what crashes again and again while %s",
    async (state) => {
      const { name, rolloutId, deploymentId } = await canary();
      if (state === "paused") await controlRollout.execute(as(ada), { rolloutId, command: "pause" });
      if (state === "promoting") await say(rolloutId, "promote");
      const canaryArm = { state: "crash-looping" as const, reason: "its process ended by SIGABRT 5 times" };
      await gatewayServes(database.db, { [deploymentId]: { canary: canaryArm } });
      await look(rolloutId);
      await follow(deploymentId);
      await look(rolloutId);
      expect(await rolloutOf(rolloutId)).toMatchObject({
        state: "rolled_back",
        stateReason: expect.stringContaining("its process ended by SIGABRT 5 times"),
      });
      expect((await getDeployment.execute(as(ada), { name })).stable?.number).toBe(1);
    },
  );

  it("refuses a promote, and advances nothing, while a live gateway does not serve it; an abort always goes", async () => {
    const { rolloutId, deploymentId, serve } = await canary();
    await serve(0, { canary: [60, 0], stable: [500, 3] });
    await gatewayServes(
      database.db,
      { [deploymentId]: { canary: { state: "loading" } } },
      { id: "gateway-new" },
    );
    await look(rolloutId);
    expect(await rolloutOf(rolloutId)).toMatchObject({
      state: "running",
      stageIndex: 0,
      verdict: { action: "wait", reason: expect.stringContaining("is still loading version 2") },
    });
    await expect(say(rolloutId, "promote")).rejects.toMatchObject({
      code: "precondition_failed",
      details: { waiting: expect.stringContaining("is still loading version 2") },
    });
    await say(rolloutId, "abort");
    expect((await rolloutOf(rolloutId)).state).toBe("rolling_back");
  });

  it("asks no gateway that is gone", async () => {
    const { rolloutId, deploymentId, serve } = await canary();
    const dead = { id: "gateway-dead", seenAt: new Date(Date.now() - 60_000) };
    await gatewayServes(database.db, { [deploymentId]: { canary: { state: "crash-looping" } } }, dead);
    await serve(0, { canary: [60, 0], stable: [500, 3] });
    await look(rolloutId);
    expect(await rolloutOf(rolloutId)).toMatchObject({ state: "running", stageIndex: 1 });
    await follow(deploymentId);
    await say(rolloutId, "promote");
    await follow(deploymentId);
    await look(rolloutId);
    expect((await rolloutOf(rolloutId)).state).toBe("succeeded");
  });

  it("refuses a promote, and finishes none, while no gateway lives", async () => {
    const { rolloutId, deploymentId } = await canary();
    await say(rolloutId, "promote");
    await database.db.delete(processes);
    await look(rolloutId);
    expect((await rolloutOf(rolloutId)).state).toBe("promoting");
    await follow(deploymentId);
    await look(rolloutId);
    expect((await rolloutOf(rolloutId)).state).toBe("succeeded");
    const second = await canary();
    await database.db.delete(processes);
    await expect(say(second.rolloutId, "promote")).rejects.toMatchObject({
      details: { waiting: expect.stringMatching(/^No gateway is running/) },
    });
  });

  it("leaves it to people when a gateway refuses a canary because its approval ended", async () => {
    const { rolloutId, deploymentId, second } = await canary();
    await database.db
      .insert(modelCards)
      .values({ versionId: second.id, digest: digestOf("edited"), updatedBy: ada.userId });
    const refused = { state: "failed" as const, reason: "its evidence is incomplete" };
    await gatewayServes(database.db, { [deploymentId]: { canary: refused } });
    await look(rolloutId);
    expect((await rolloutOf(rolloutId)).state).toBe("running");
  });

  it("says of a first version which gateway lacks it, and when none will serve it", async () => {
    const [version] = await makeModel(database.db, ada, 1);
    if (!version) throw new Error("no version");
    await prove(database.db, ada, version, "production");
    const input = { model: version.model, version: 1, environment: "production" as const };
    const { name, deploymentId } = await deploy.execute(as(ada), input);
    const serving = async () => (await getDeployment.execute(as(ada), { name })).serving;
    expect(await serving()).toMatchObject({ state: "no_gateway", gateways: [] });
    await gatewayServes(database.db, {});
    expect(await serving()).toMatchObject({
      state: "deploying",
      words: "Gateway test, process 1 is still loading version 1: it has not taken it up yet.",
    });
    await gatewayServes(database.db, {
      [deploymentId]: { stable: { state: "failed", reason: "its weights are cut off" } },
    });
    expect(await serving()).toMatchObject({ state: "failed", words: expect.stringContaining("cut off") });
    await follow(deploymentId);
    expect(await serving()).toMatchObject({ state: "serving", words: "" });
  });
});

describe("a plan before it starts", () => {
  it("is sized to the traffic of the last day and says what it would notice", async () => {
    const { name, rolloutId, deploymentId, first } = await deployBeside();
    const nothing = await planPowerOf.execute(as(ada), { name });
    expect(nothing).toMatchObject({ traffic: null, power: null });
    expect(nothing.warnings[0]).toMatch(/^No requests reached/);
    await controlRollout.execute(as(ada), { rolloutId, command: "abort", reason: "Not now" });
    const now = Math.floor(Date.now() / 1000);
    const little = { deploymentId, versionId: first.id, rolloutId: "", arm: "stable" as const, stage: -1 };
    await serveTraffic(database.db, { ...little, second: now - 1_500, requests: 10 });
    expect((await planPowerOf.execute(as(ada), { name })).warnings[0]).toMatch(/^Only 10 requests were seen/);
    await database.db.delete(trafficSeconds);
    const each = { requests: 50_000, errors: 500, slow: 600, feedback: 15_000, correct: 11_250 };
    for (let ago = 999; ago >= 0; ago -= 333)
      await serveTraffic(database.db, {
        ...little,
        second: now - ago,
        ...each,
      });
    const at = as(ada, new Date(now * 1000));
    const sized = await planPowerOf.execute(at, { name });
    expect(sized.traffic).toMatchObject({
      requestsPerSecond: 200,
      errorRate: 0.01,
      accuracy: 0.75,
      numeric: null,
    });
    expect(sized.plan.criteria).toMatchObject({ advanceWhen: "proven", alpha: 0.02 });
    expect(sized.power?.promoted).toBeGreaterThanOrEqual(0.9);
    expect(sized.sentences).toContainEqual(
      expect.stringMatching(
        /^At 200 requests a second this plan notices a 4.5-point loss of accuracy in 9 of 10 cases, in about \d+ (minutes|hours)\.$/,
      ),
    );
    expect(sized.warnings).toEqual([]);
    const wished = await planPowerOf.execute(at, { name, wish: { accuracy: 0.015 } });
    expect(wished.plan.criteria.accuracy?.maxDrop).toBe(0.01);
    expect(wished.plan.stages[0]?.maxDurationMs).toBeGreaterThan(sized.plan.stages[0]?.maxDurationMs ?? 0);
    const short = { ...wished.plan, stages: [{ sharePercent: 5, minRequests: 100, maxDurationMs: 600_000 }] };
    const thin = await planPowerOf.execute(at, { name, plan: short });
    expect(thin.warnings).toContainEqual(
      expect.stringMatching(/^Accuracy is proven in .*too few for the time/),
    );
    const next = await deploy.execute(at, { model: first.model, version: 2, environment: "production" });
    expect((await getRollout.execute(at, { rolloutId: next.rolloutId ?? "" })).stages).toEqual(
      sized.plan.stages,
    );
    expect(await planPowerOf.execute(as(stranger), { name })).toMatchObject({ traffic: null });
  });
});
