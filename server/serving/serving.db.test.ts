import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { modelCards, modelVersions, processes, rollouts } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { prepareHome, makePerson, makeTeam } from "@/server/compute/testing";
import type { Actor } from "@/server/core/actor";
import { createCtx } from "@/server/core/context";
import { digestOf } from "@/server/core/digest";
import { newId } from "@/server/core/ids";
import { requestReview, voidReviews } from "@/server/governance";
import { trafficChart } from "./chart";
import { controlRollout, retireDeployment, rollBack } from "./control-rollout";
import { deploy } from "./deploy";
import { previewDeploy } from "./deploy-preview";
import { deploymentHistory } from "./history";
import { getDeployment, getRollout, listDeployments } from "./queries";
import { gatewayServes, makeModel, PLAN, prove, serveTraffic } from "./testing";
import { rolloutTools } from "./testing-rollout";

let database: TestDatabase;
let ada: Actor;
let viewer: Actor;
let stranger: Actor;

beforeAll(async () => {
  database = await createTestDatabase();
  prepareHome(database.url);
});
afterAll(() => database.close());
beforeEach(async () => {
  const team = await makeTeam(database.db, newId("team"));
  ada = await makePerson(database.db, team, "Ada");
  viewer = await makePerson(database.db, team, "Vera", { role: "viewer" });
  stranger = await makePerson(database.db, await makeTeam(database.db, newId("team")), "Sam");
  await database.db.delete(processes);
});

const { as, look, actionsOf, kindsOf, rolloutOf, deploymentOf, follow, deployBeside, canary } = rolloutTools(
  () => database.db,
  () => ada,
);
const code = (expected: string) => ({ code: expected });

describe("deploying", () => {
  it("is refused without evidence, naming what is missing, and leaves nothing behind", async () => {
    const [version] = await makeModel(database.db, ada, 1);
    if (!version) throw new Error("no version");
    await prove(database.db, ada, version, "production", ["fairness", "review"]);
    const input = { model: version.model, version: 1, environment: "production" as const };
    const missing = ["policy fairness: no signed verdict", "approval: no review for production"];
    await expect(deploy.execute(as(ada), input)).rejects.toMatchObject({
      code: "precondition_failed",
      details: { missing },
    });
    expect((await previewDeploy.execute(as(ada), input)).admission).toMatchObject({
      admitted: false,
      missing,
    });
    expect((await listDeployments.execute(as(ada), {})).items).toEqual([]);
  });

  it("serves staging at once, writes one audit row, and changes nothing when repeated", async () => {
    const [first, second] = await makeModel(database.db, ada, 2);
    for (const version of [first, second]) if (version) await prove(database.db, ada, version, "staging");
    const input = { model: first?.model ?? "", environment: "staging" as const };
    const done = await deploy.execute(as(ada), { ...input, version: 1 });
    expect(done).toMatchObject({ name: `${first?.model}-staging`, rolloutId: null, unchanged: false });
    expect(await deploy.execute(as(ada), { ...input, version: 1 })).toMatchObject({ unchanged: true });
    const next = await deploy.execute(as(ada), { ...input, version: 2 });
    expect(next).toMatchObject({ effect: "at_once", rolloutId: expect.any(String) });
    await follow(done.deploymentId);
    await look(next.rolloutId ?? "");
    await follow(done.deploymentId);
    await look(next.rolloutId ?? "");
    expect(await getDeployment.execute(as(ada), { name: done.name })).toMatchObject({
      stable: { number: 2 },
      previous: { number: 1 },
      admission: { admitted: true },
    });
    expect(await actionsOf(done.deploymentId)).toEqual(Array(3).fill("serving.deployment.deploy"));
  });

  it("takes a plan in staging as well, and lets a version that waits to take the name give way to the next", async () => {
    const versions = await makeModel(database.db, ada, 3);
    for (const version of versions) await prove(database.db, ada, version, "staging");
    const input = { model: versions[0]?.model ?? "", environment: "staging" as const };
    const { name } = await deploy.execute(as(ada), { ...input, version: 1 });
    const second = await deploy.execute(as(ada), { ...input, version: 2 });
    const third = await deploy.execute(as(ada), { ...input, version: 3, plan: PLAN });
    expect([second.effect, third.effect]).toEqual(["at_once", "canary"]);
    expect(await rolloutOf(second.rolloutId ?? "")).toMatchObject({
      state: "aborted",
      stateReason: "Replaced by version 3 before it served",
      finishedAt: expect.any(Date),
    });
    await expect(deploy.execute(as(ada), { ...input, version: 2 })).rejects.toMatchObject(code("conflict"));
    expect(await getDeployment.execute(as(ada), { name })).toMatchObject({
      stable: { number: 1 },
      rolloutId: third.rolloutId,
    });
  });

  it("takes a later production version as a canary, and refuses a second one beside it", async () => {
    const { name, rolloutId, first } = await canary();
    expect(await getRollout.execute(as(ada), { rolloutId })).toMatchObject({
      state: "running",
      sharePercent: 10,
      from: { number: 1 },
      to: { number: 2 },
      allowed: ["pause", "promote", "abort"],
    });
    expect((await getDeployment.execute(as(ada), { name })).stable?.number).toBe(1);
    await expect(
      deploy.execute(as(ada), { model: first.model, version: 2, environment: "production" }),
    ).rejects.toMatchObject({ code: "conflict", details: { rolloutId } });
  });

  it("is for members; another team's model and deployment look missing; bad input names its field", async () => {
    const { name, rolloutId, first } = await canary();
    const input = { model: first.model, version: 1, environment: "production" as const };
    await expect(deploy.execute(as(viewer), input)).rejects.toMatchObject(code("forbidden"));
    await expect(deploy.execute(as(stranger), input)).rejects.toMatchObject(code("not_found"));
    await expect(getDeployment.execute(as(stranger), { name })).rejects.toMatchObject(code("not_found"));
    await expect(getRollout.execute(as(stranger), { rolloutId })).rejects.toMatchObject(code("not_found"));
    await expect(trafficChart.execute(as(stranger), { name, rolloutId })).rejects.toMatchObject(
      code("not_found"),
    );
    await expect(controlRollout.execute(as(stranger), { rolloutId, command: "pause" })).rejects.toMatchObject(
      code("not_found"),
    );
    await expect(controlRollout.execute(as(viewer), { rolloutId, command: "pause" })).rejects.toMatchObject(
      code("forbidden"),
    );
    await expect(deploy.execute(as(ada), { ...input, name: "Bad Name" })).rejects.toMatchObject(
      code("invalid"),
    );
    await expect(
      deploy.execute(as(ada), {
        ...input,
        plan: { ...PLAN, stages: [{ ...PLAN.stages[0], sharePercent: 100 }] },
      }),
    ).rejects.toMatchObject(code("invalid"));
  });

  it("lets two teams use the same name, each seeing its own; within a team a name is for one model and environment", async () => {
    const { name, first } = await canary();
    const [other] = await makeModel(database.db, stranger, 1);
    const [third] = await makeModel(database.db, ada, 1);
    if (!other || !third) throw new Error("no version");
    await prove(database.db, stranger, other, "staging");
    await prove(database.db, ada, third, "staging");
    const input = { version: 1, environment: "staging" as const, name };
    const theirs = await deploy.execute(as(stranger), { ...input, model: other.model });
    expect(theirs).toMatchObject({ name, unchanged: false });
    expect((await getDeployment.execute(as(stranger), { name })).modelName).toBe(other.model);
    expect((await getDeployment.execute(as(ada), { name })).modelName).toBe(first.model);
    await expect(deploy.execute(as(ada), { ...input, model: third.model })).rejects.toMatchObject({
      code: "conflict",
      details: { fields: { name: "is taken" } },
    });
  });
});

describe("the controller", () => {
  it("goes from stage to stage on good traffic and finishes only when every gateway followed", async () => {
    const { name, rolloutId, deploymentId, serve } = await canary();
    await look(rolloutId);
    expect(await rolloutOf(rolloutId)).toMatchObject({ state: "running", stageIndex: 0 });
    await serve(0, { canary: [60, 0], stable: [500, 3] });
    await look(rolloutId);
    expect(await rolloutOf(rolloutId)).toMatchObject({ stageIndex: 1, sharePercent: 50 });
    await look(rolloutId);
    expect(await rolloutOf(rolloutId)).toMatchObject({ state: "running", stageIndex: 1 });
    await serve(1, { canary: [200, 1], stable: [200, 1] });
    const { generation } = await deploymentOf(name);
    await gatewayServes(database.db, { [deploymentId]: { generation } });
    await look(rolloutId);
    expect(await rolloutOf(rolloutId)).toMatchObject({ state: "promoting", sharePercent: 100 });
    await look(rolloutId);
    expect((await rolloutOf(rolloutId)).state).toBe("promoting");
    await gatewayServes(database.db, { [deploymentId]: { generation: generation + 1 } });
    await look(rolloutId);
    await look(rolloutId);
    expect((await rolloutOf(rolloutId)).state).toBe("succeeded");
    expect(await getDeployment.execute(as(ada), { name })).toMatchObject({
      stable: { number: 2 },
      previous: { number: 1 },
      rolloutId: null,
    });
    expect(await kindsOf(rolloutId)).toEqual(["deploying", "started", "stage", "promoted", "finished"]);
    expect(await actionsOf(rolloutId)).toEqual(["serving.rollout.complete", "serving.rollout.finish"]);
  });

  it("rolls a degraded version back by itself, with the sentence of evidence", async () => {
    const { name, rolloutId, deploymentId, serve } = await canary();
    await serve(0, { canary: [100, 30], stable: [900, 9] });
    const { generation } = await deploymentOf(name);
    await gatewayServes(database.db, { [deploymentId]: { generation } });
    await look(rolloutId);
    const turned = await rolloutOf(rolloutId);
    expect(turned).toMatchObject({ state: "rolling_back", sharePercent: 0 });
    expect(turned.stateReason).toMatch(/Error rate 30.0% on canary \(100 requests\) against 1.0% on stable/);
    await look(rolloutId);
    expect((await rolloutOf(rolloutId)).state).toBe("rolling_back");
    await gatewayServes(database.db, { [deploymentId]: { generation: generation + 1 } });
    await look(rolloutId);
    expect((await rolloutOf(rolloutId)).state).toBe("rolled_back");
    expect((await getDeployment.execute(as(ada), { name })).stable?.number).toBe(1);
    expect(await kindsOf(rolloutId)).toEqual(["deploying", "started", "rollback", "finished"]);
    const history = await deploymentHistory.execute(as(ada), { name });
    const told = history.map(({ action, version, state }) => ({ action, version, state }));
    expect(told).toContainEqual({ action: "serving.rollout.finish", version: 2, state: "rolled_back" });
    // The end tells it; the decision that led to it would say the same once more.
    expect(told.map(({ action }) => action)).not.toContain("serving.rollout.roll-back");
    expect(told).toContainEqual({ action: "serving.deployment.deploy", version: 1, state: null });
    expect(
      history.find((row) => row.version === 2 && row.action === "serving.deployment.deploy"),
    ).toMatchObject({
      rolloutId,
    });
  });

  it("never takes no data for success: it holds when the time is over", async () => {
    const { rolloutId } = await canary();
    const later = new Date(Date.now() + 10 * 60_000);
    await look(rolloutId, later);
    await look(rolloutId, later);
    expect(await rolloutOf(rolloutId)).toMatchObject({
      state: "running",
      stageIndex: 0,
      verdict: { action: "hold" },
    });
    expect(await kindsOf(rolloutId)).toEqual(["deploying", "started", "held"]);
  });

  it("judges errors of numbers by the sums that feedback left", async () => {
    const criteria = { advanceWhen: "proven" as const, absoluteError: { maxIncrease: 0.1 } };
    const { name, rolloutId, deploymentId, first, second } = await deployBeside({ ...PLAN, criteria });
    await follow(deploymentId);
    await look(rolloutId);
    // Errors of mean 2 on stable and 2.6 on canary, spread like an exponential.
    for (const [arm, versionId, n, scale] of [
      ["stable", first.id, 20_000, 1],
      ["canary", second.id, 4_000, 1.3],
    ] as const)
      await serveTraffic(database.db, {
        deploymentId,
        rolloutId,
        versionId,
        arm,
        stage: 0,
        requests: n,
        feedback: n,
        measured: n,
        absErrorSum: 2 * n * scale,
        squaredErrorSum: 8 * n * scale ** 2,
        fourthErrorSum: 384 * n * scale ** 4,
      });
    await look(rolloutId);
    const turned = await rolloutOf(rolloutId);
    expect(turned.state).toBe("rolling_back");
    expect(turned.stateReason).toMatch(/^Mean absolute error 2.6 on canary .* against 2 on stable .*\+30.0%/);
    const chart = await trafficChart.execute(as(ada), { name, rolloutId });
    expect(chart.canary.absoluteError.value.at(-1)).toBeCloseTo(2.6, 6);
    expect(chart.difference.absoluteError?.lo.at(-1)).toBeGreaterThan(0.1);
  });

  it("looks at an old rollout less often, and at a run of failures at once", async () => {
    const { rolloutId } = await canary();
    const createdAt = new Date(Date.now() - 10 * 3_600_000);
    await database.db.update(rollouts).set({ createdAt }).where(eq(rollouts.id, rolloutId));
    const at = async () => (await getRollout.execute(as(ada), { rolloutId })).verdict?.at;
    const start = Date.now();
    await look(rolloutId, new Date(start));
    await look(rolloutId, new Date(start + 1_500));
    expect(await at()).toBe(new Date(start).toISOString());
    await look(rolloutId, new Date(start + 2_500));
    expect(await at()).toBe(new Date(start + 2_500).toISOString());
    await database.db.update(rollouts).set({ consecutiveFailures: 5 }).where(eq(rollouts.id, rolloutId));
    await look(rolloutId, new Date(start + 2_600));
    expect((await rolloutOf(rolloutId)).state).toBe("rolling_back");
  });

  it("stops the stage's clock while paused, and decides nothing", async () => {
    const { rolloutId, serve } = await canary();
    const start = Date.now();
    const at = (seconds: number) => new Date(start + seconds * 1000);
    await controlRollout.execute(as(ada, at(10)), { rolloutId, command: "pause" });
    await serve(0, { canary: [60, 0], stable: [60, 0] });
    await look(rolloutId, at(400));
    expect(await rolloutOf(rolloutId)).toMatchObject({ state: "paused", stageIndex: 0 });
    await controlRollout.execute(as(ada, at(610)), { rolloutId, command: "resume" });
    expect((await rolloutOf(rolloutId)).pausedMs).toBe(600_000);
    await database.db
      .update(rollouts)
      .set({ stages: PLAN.stages.map((s) => ({ ...s, minRequests: 500 })) })
      .where(eq(rollouts.id, rolloutId));
    await look(rolloutId, at(640));
    expect((await rolloutOf(rolloutId)).verdict).toMatchObject({ action: "wait" });
    await look(rolloutId, at(700));
    expect((await rolloutOf(rolloutId)).verdict).toMatchObject({ action: "hold" });
  });
});

describe("an approval that ended after the canary began", () => {
  const editCard = (versionId: string, text: string) =>
    database.db.insert(modelCards).values({ versionId, digest: digestOf(text), updatedBy: ada.userId });

  it("holds the canary where it is, refuses a promote, and lets it be aborted", async () => {
    const { rolloutId, second, serve } = await canary();
    await editCard(second.id, "edited");
    await serve(0, { canary: [60, 0], stable: [500, 3] });
    await look(rolloutId);
    await look(rolloutId);
    expect(await rolloutOf(rolloutId)).toMatchObject({
      state: "running",
      stageIndex: 0,
      sharePercent: 10,
      verdict: {
        action: "hold",
        reason: expect.stringContaining("the model card changed since the approval"),
      },
    });
    expect(await kindsOf(rolloutId)).toEqual(["deploying", "started", "held"]);
    const say = (command: "promote" | "abort") =>
      controlRollout.execute(as(ada), { rolloutId, command, reason: "Try" });
    await expect(say("promote")).rejects.toMatchObject({ code: "precondition_failed" });
    await say("abort");
    expect((await rolloutOf(rolloutId)).state).toBe("rolling_back");
  });

  it("still rolls back what fails", async () => {
    const { rolloutId, second, serve } = await canary();
    await editCard(second.id, "edited");
    await serve(0, { canary: [100, 30], stable: [900, 9] });
    await look(rolloutId);
    expect((await rolloutOf(rolloutId)).state).toBe("rolling_back");
  });

  it("refuses a new deployment and names what changed, also when the change was taken back", async () => {
    const [version] = await makeModel(database.db, ada, 1);
    if (!version) throw new Error("no version");
    await prove(database.db, ada, version, "production");
    const input = { model: version.model, version: 1, environment: "production" as const };
    await editCard(version.id, "edited");
    await expect(deploy.execute(as(ada), input)).rejects.toMatchObject({
      code: "precondition_failed",
      details: { missing: ["approval: the model card changed since the approval"] },
    });
    await database.db.delete(modelCards).where(eq(modelCards.versionId, version.id));
    const ask = (environment: string) =>
      requestReview(createCtx(as(ada)), {
        subject: {
          kind: "model_version",
          id: version.id,
          digest: version.manifestDigest,
          name: version.model,
        },
        environment,
        rationale: "Better",
        digests: { manifest: version.manifestDigest },
        excludedIds: [],
      });
    for (const environment of ["production", "staging"]) await ask(environment);
    await voidReviews(createCtx(as(ada)), {
      subjectKind: "model_version",
      subjectId: version.id,
      currentDigests: { manifest: version.manifestDigest, card: digestOf("edited") },
      reason: "Ada edited it.",
    });
    const refusal = {
      details: { missing: ["approval: no longer valid. The model card changed. Ada edited it."] },
    };
    await expect(deploy.execute(as(ada), input)).rejects.toMatchObject(refusal);
    // Asking again decides nothing.
    await ask("production");
    await expect(deploy.execute(as(ada), input)).rejects.toMatchObject(refusal);
    // Staging asks for no approval, so an ended one takes nothing away there.
    await prove(database.db, ada, version, "staging");
    await deploy.execute(as(ada), { ...input, environment: "staging" });
  });

  it("goes back only to a version that was admitted when it served", async () => {
    const { name, rolloutId, deploymentId, first } = await canary();
    await controlRollout.execute(as(ada), { rolloutId, command: "promote", reason: "Known good" });
    await follow(deploymentId);
    await look(rolloutId);
    await editCard(first.id, "edited");
    const other = digestOf("other files");
    const files = (manifestDigest: string) =>
      database.db.update(modelVersions).set({ manifestDigest }).where(eq(modelVersions.id, first.id));
    await files(other);
    await expect(rollBack.execute(as(ada), { name, reason: "Complaints" })).rejects.toMatchObject({
      code: "precondition_failed",
      details: { missing: expect.arrayContaining(["approval: no review for production"]) },
    });
    expect((await getDeployment.execute(as(ada), { name })).stable?.number).toBe(2);
    await files(first.manifestDigest);
    await rollBack.execute(as(ada), { name, reason: "Complaints" });
    const after = await getDeployment.execute(as(ada), { name });
    expect(after).toMatchObject({ stable: { number: 1 }, admission: { admitted: false } });
  });
});

describe("a person's word", () => {
  it("refuses a promote that was meant for an earlier stage, and one without a reason", async () => {
    const { rolloutId, deploymentId, serve } = await canary();
    await serve(0, { canary: [60, 0], stable: [60, 0] });
    await look(rolloutId);
    const promote = (extra: { stageIndex?: number; reason?: string }) =>
      controlRollout.execute(as(ada), { rolloutId, command: "promote", ...extra });
    await expect(promote({ stageIndex: 0, reason: "Looks fine" })).rejects.toMatchObject({
      code: "conflict",
      details: { stageIndex: 1 },
    });
    await expect(promote({ stageIndex: 1 })).rejects.toMatchObject(code("invalid"));
    await promote({ stageIndex: 1, reason: "Looks fine" });
    await follow(deploymentId);
    await look(rolloutId);
    expect((await rolloutOf(rolloutId)).state).toBe("succeeded");
    await expect(promote({ stageIndex: 1, reason: "Again" })).rejects.toMatchObject(code("conflict"));
  });

  it("aborts with a reason, once", async () => {
    const { name, rolloutId, deploymentId } = await canary();
    const abort = () =>
      controlRollout.execute(as(ada), { rolloutId, command: "abort", reason: "Wrong model" });
    await abort();
    await expect(abort()).rejects.toMatchObject(code("conflict"));
    await follow(deploymentId);
    await look(rolloutId);
    // A person's word is no verdict on the version.
    expect((await rolloutOf(rolloutId)).state).toBe("aborted");
    expect(await kindsOf(rolloutId)).toEqual(["deploying", "started", "aborted", "finished"]);
    expect((await getDeployment.execute(as(ada), { name })).stable?.number).toBe(1);
  });

  it("rolls a deployment back to the version before, and retires it", async () => {
    const { name, rolloutId, deploymentId, second } = await canary();
    await controlRollout.execute(as(ada), { rolloutId, command: "promote", reason: "Known good" });
    await expect(retireDeployment.execute(as(ada), { name, reason: "Over" })).rejects.toMatchObject(
      code("conflict"),
    );
    await follow(deploymentId);
    await look(rolloutId);
    await rollBack.execute(as(ada), { name, reason: "Complaints" });
    expect(await getDeployment.execute(as(ada), { name })).toMatchObject({
      stable: { number: 1 },
      previous: { number: 2 },
    });
    await expect(rollBack.execute(as(viewer), { name, reason: "No" })).rejects.toMatchObject(
      code("forbidden"),
    );
    await retireDeployment.execute(as(ada), { name, reason: "Over" });
    await expect(getDeployment.execute(as(ada), { name })).rejects.toMatchObject(code("not_found"));
    const [stage] = await database.db
      .select({ stage: modelVersions.stage })
      .from(modelVersions)
      .where(eq(modelVersions.id, second.id));
    expect(stage).toEqual({ stage: "Production" });
    expect((await actionsOf(deploymentId)).slice(-2)).toEqual([
      "serving.deployment.roll-back",
      "serving.deployment.retire",
    ]);
  });
});

describe("the chart", () => {
  it("shrinks its intervals as requests come and ends on the verdict's own interval", async () => {
    const { name, rolloutId, deploymentId, first, second } = await canary();
    const start = Math.floor((await rolloutOf(rolloutId)).createdAt.getTime() / 1000);
    for (let offset = 0; offset < 4; offset += 1) {
      const base = { deploymentId, rolloutId, stage: 0, second: start + offset };
      await serveTraffic(database.db, {
        ...base,
        versionId: second.id,
        arm: "canary",
        requests: 10,
        errors: offset === 0 ? 1 : 0,
      });
      await serveTraffic(database.db, {
        ...base,
        versionId: first.id,
        arm: "stable",
        requests: 90,
        errors: 1,
      });
    }
    await look(rolloutId);
    const chart = await trafficChart.execute(as(ada, new Date((start + 5) * 1000)), { name, rolloutId });
    const { lo, hi, n } = chart.canary.errorRate;
    expect(n).toEqual([10, 20, 30, 40, 40, 40]);
    const widths = hi.map((high, index) => (high ?? 0) - (lo[index] ?? 0));
    expect(widths[3]).toBeLessThan(widths[0] ?? 0);
    const verdict = (await getRollout.execute(as(ada), { rolloutId })).verdict?.verdicts[0];
    expect(chart.difference.errorRate?.lo.at(-1)).toBeCloseTo(verdict?.interval?.low ?? 9, 4);
    expect(chart.difference.errorRate?.hi.at(-1)).toBeCloseTo(verdict?.interval?.high ?? 9, 4);
    expect(chart.stageRequests).toEqual([{ stable: 360, canary: 40 }]);
  });
});
