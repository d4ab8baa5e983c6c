import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { auditLog, processes } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { makePerson, makeTeam, prepareHome } from "@/server/compute/testing";
import type { Actor } from "@/server/core/actor";
import { createCtx } from "@/server/core/context";
import { newId } from "@/server/core/ids";
import { decideReview, POLICY_KEYS, requestReview } from "@/server/governance";
import { whyAdmitted } from "@/server/governance/attestations/why-admitted";
import { versionDetail } from "@/server/registry/queries";
import { modelTimeline } from "@/server/registry/timeline";
import { controlRollout, rollBack } from "./control-rollout";
import { deploy } from "./deploy";
import { previewDeploy } from "./deploy-preview";
import { gatewayServes } from "./testing";
import { rolloutTools } from "./testing-rollout";
import "./index";

let database: TestDatabase;
let ada: Actor;

beforeAll(async () => {
  database = await createTestDatabase();
  prepareHome(database.url);
});
afterAll(() => database.close());
beforeEach(async () => {
  ada = await makePerson(database.db, await makeTeam(database.db, newId("team")), "Ada");
  await database.db.delete(processes);
});

const { as, look, rolloutOf, deploymentOf, follow, canary } = rolloutTools(
  () => database.db,
  () => ada,
);

/** A canary that the factory itself rolled back. */
async function rolledBack() {
  const made = await canary();
  await made.serve(0, { canary: [100, 30], stable: [900, 9] });
  await look(made.rolloutId);
  const { generation } = await deploymentOf(made.name);
  await gatewayServes(database.db, { [made.deploymentId]: { generation } });
  await look(made.rolloutId);
  expect((await rolloutOf(made.rolloutId)).state).toBe("rolled_back");
  const input = { model: made.second.model, version: 2, environment: "production" as const };
  return { ...made, input, setbacks: () => setbacksOf(made.second.model) };
}

const setbacksOf = async (name: string) =>
  (await versionDetail.execute(as(ada), { name, version: 2 })).setbacks;

describe("a version that production rolled back", () => {
  it("says so, where and why, and is deployed there again with a reason only", async () => {
    const { name, rolloutId, input, setbacks } = await rolledBack();
    expect(await setbacks()).toEqual([
      {
        environment: "production",
        deployment: name,
        rolloutId,
        href: `/deployments/${name}/rollouts/${rolloutId}`,
        reason: expect.stringContaining("Error rate 30.0% on canary"),
        at: expect.any(Date),
      },
    ]);
    const preview = await previewDeploy.execute(as(ada), input);
    expect(preview).toMatchObject({ admission: { admitted: true }, setback: { rolloutId } });
    await expect(deploy.execute(as(ada), input)).rejects.toMatchObject({
      code: "precondition_failed",
      details: { fields: { reason: expect.stringContaining("after a rollback") } },
    });
    const again = await deploy.execute(as(ada), { ...input, reason: "A feed had sent zeros" });
    expect(again.effect).toBe("canary");
    const [row] = await database.db
      .select({ payload: auditLog.payload })
      .from(auditLog)
      .where(
        and(eq(auditLog.subjectId, again.deploymentId), eq(auditLog.action, "serving.deployment.deploy")),
      )
      .orderBy(auditLog.position)
      .offset(2);
    expect(row?.payload).toContain("A feed had sent zeros");
  });

  it("needs no reason after a new approval, and is forgiven once it has won", async () => {
    const { deploymentId, second, input, setbacks } = await rolledBack();
    const asked = await requestReview(createCtx(as(ada)), {
      subject: {
        kind: "model_version",
        id: second.id,
        digest: second.manifestDigest,
        name: second.model,
      },
      environment: "production",
      rationale: "The feed is mended",
      digests: { manifest: second.manifestDigest },
      excludedIds: [],
    });
    expect(await setbacks()).toHaveLength(1);
    const rita = await makePerson(database.db, ada.teamId, "Rita", { role: "reviewer" });
    await decideReview.execute(as(rita), {
      reviewId: asked.reviewId,
      decision: "approve",
      reason: "The feed was at fault",
    });
    const evidence = await whyAdmitted.execute(as(ada), { subjectId: second.id, environment: "production" });
    expect(evidence).toMatchObject({
      needsReview: true,
      decision: {
        reviewId: asked.reviewId,
        state: "approved",
        reviewer: "Rita",
        role: "reviewer",
        reason: "The feed was at fault",
        attestationId: expect.stringMatching(/^ats_/),
      },
    });
    expect(evidence.verdicts.map(({ policy }) => policy)).toEqual(POLICY_KEYS);
    for (const verdict of evidence.verdicts)
      expect(verdict).toMatchObject({ result: "pass", version: 1, id: expect.stringMatching(/^ats_/) });
    expect(await setbacks()).toEqual([]);
    const { rolloutId } = await deploy.execute(as(ada), input);
    await follow(deploymentId);
    await look(rolloutId ?? "");
    await controlRollout.execute(as(ada), {
      rolloutId: rolloutId ?? "",
      command: "promote",
      reason: "Known good",
    });
    await follow(deploymentId);
    await look(rolloutId ?? "");
    expect(await setbacks()).toEqual([]);
  });

  it("is known too when it had taken over before", async () => {
    const { name, rolloutId, deploymentId, second } = await canary();
    await controlRollout.execute(as(ada), { rolloutId, command: "promote", reason: "Known good" });
    await follow(deploymentId);
    await look(rolloutId);
    expect(await setbacksOf(second.model)).toEqual([]);
    await rollBack.execute(as(ada), { name, reason: "Complaints" });
    expect(await setbacksOf(second.model)).toMatchObject([
      { deployment: name, rolloutId: null, reason: "Complaints" },
    ]);
  });
});

it("is no setback when a person aborts a canary", async () => {
  const { rolloutId, deploymentId, second } = await canary();
  await controlRollout.execute(as(ada), { rolloutId, command: "abort", reason: "Wrong model" });
  await follow(deploymentId);
  await look(rolloutId);
  expect((await rolloutOf(rolloutId)).state).toBe("aborted");
  expect(await setbacksOf(second.model)).toEqual([]);
});

it("tells deployments, rollouts and reviews in the model's timeline, each with its version", async () => {
  const { name, rolloutId, second } = await rolledBack();
  const { items } = await modelTimeline.execute(as(ada), { name: second.model });
  const ofSecond = items.filter((item) => item.versionIds.includes(second.id));
  expect(
    ofSecond.map(({ action, version, deployment, href }) => ({ action, version, deployment, href })),
  ).toEqual(
    expect.arrayContaining([
      {
        action: "serving.rollout.finish",
        version: 2,
        deployment: name,
        href: `/deployments/${name}/rollouts/${rolloutId}`,
      },
      { action: "serving.deployment.deploy", version: 2, deployment: name, href: `/deployments/${name}` },
    ]),
  );
  expect(items.map(({ action }) => action)).not.toContain("serving.rollout.roll-back");
});
