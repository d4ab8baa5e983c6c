import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { alerts, auditLog, gateRuns, outboxEvents, reviews } from "@/db/schema";
import { objectStore } from "@/server/composition";
import { createCtx } from "@/server/core/context";
import { systemActor } from "@/server/core/actor";
import { decideReview, reviewsOfSubject, syncBuiltInPolicies } from "@/server/governance";
import { parsePolicyDocument, policyDigest } from "@/server/governance/cel";
import { getPolicy } from "@/server/governance/gates/policy-verbs";
import { savePolicy } from "@/server/governance/gates/save-policy";
import { createWorld, type Person, type World } from "@/server/governance/testing";
import { requestVersionReview, versionOf } from "@/server/registry";
import { versionDetail } from "@/server/registry/queries";
import { qualify, type Step } from "@/server/registry/qualify/run";
import { staleVersions } from "@/server/registry/rejudge";
import { endRun, registeredVersion, trainedRun } from "@/server/registry/testing";
import { watchApprovals } from "@/server/monitoring/watches/watch-approvals";
import { admissionNow, admissionOf } from "./admission";
import { advanceRollout } from "./advance-rollouts";
import { controlRollout } from "./control-rollout";
import { deploy } from "./deploy";
import { policyAffected, previewPolicy } from "./policy-impact";
import { getDeployment } from "./queries";
import { gatewayServes, PLAN } from "./testing";

/** A policy that gets stricter, from its document to what is deployed; all by the real verbs, gates, reviews and signatures. */

// Each takes several versions through training, gates and review.
vi.setConfig({ testTimeout: 180_000 });

const plain: Step = (_, work) => work();
const DAY = 86_400_000;
let world: World;
let member: Person;
let reviewer: Person;
let operator: Person;
beforeAll(async () => {
  world = await createWorld();
  member = await world.person("member");
  reviewer = await world.person("reviewer");
  const person = await world.person("admin");
  operator = {
    ...person,
    caller: { ...person.caller, actor: { ...person.actor, isPlatformAdmin: true } },
  };
  await syncBuiltInPolicies(world.system());
});
afterAll(() => world.close());

let count = 0;
const at = (days: number) => new Date(Date.now() + days * DAY);
const ctxAt = (days = 0) =>
  createCtx({ actor: systemActor(world.teamId), db: world.db, now: () => at(days) });

/** A version of a model that passed every gate and was approved for production. */
async function approved(model: string) {
  const line = await trainedRun(member.caller, world.system());
  const { version } = await registeredVersion(member.caller, line, { name: model });
  await endRun(member.caller, line.runId);
  const request = {
    versionId: version.id,
    eventId: `evt_${(count += 1)}`,
    trigger: "registered",
    requestedBy: member.id,
    force: false,
  };
  expect(await qualify(world.system(), objectStore(), request, plain)).toBe("pass");
  const { reviewId } = await requestVersionReview.execute(member.caller, {
    name: model,
    version: version.number,
    environment: "production",
    rationale: "Better than before by two points.",
  });
  await decideReview.execute(reviewer.caller, { reviewId, decision: "approve" });
  return { ...version, reviewId };
}

/** What the worker does when the policies or the scanner changed. */
async function rejudge(days = 0): Promise<string[]> {
  const stale = await staleVersions(world.db, at(days));
  for (const { versionId, trigger, reasonId } of stale) {
    const judgement = { versionId, trigger, eventId: reasonId, requestedBy: "system", force: true };
    await qualify(ctxAt(days), objectStore(), { ...judgement, storedEvidence: true }, plain);
  }
  return stale.map(({ versionId }) => versionId);
}

async function change(key: string, edit: (source: string) => string) {
  const { source, digest } = await getPolicy.execute(operator.caller, { key });
  const document = edit(source);
  if (policyDigest(parsePolicyDocument(document)) === digest) return;
  await savePolicy.execute(operator.caller, {
    key,
    source: document,
    expectedDigest: digest,
    reason: "Stricter from now on",
  });
}
const ENFORCEMENT = /\n {2}(grace|onFallOut): .*/g;
/** Asks the evaluation for what no version of these tests brings, or (0) for what each brings. */
const wanting = (accuracy: number, enforcement: string) => (source: string) =>
  source
    .replace(ENFORCEMENT, "")
    .replace("\n  rules:", `\n  ${enforcement}\n  rules:`)
    .replace(/\n {4}- id: floor[\s\S]*$/, "\n")
    .trimEnd() +
  `
    - id: floor
      title: Accuracy is at least ${accuracy}
      expression: evaluation.metrics.all(m, m.value >= ${accuracy.toFixed(2)})
      message: Accuracy is below ${accuracy}.
`;

describe("a policy that gets stricter", () => {
  it("is an event, an audited act of a platform administrator, and a version that nobody overwrites", async () => {
    const { source, digest } = await getPolicy.execute(member.caller, { key: "card-completeness" });
    const input = {
      key: "card-completeness",
      source: source.replace("is complete and current", "is whole"),
      expectedDigest: digest,
      reason: "Clearer words",
    };
    for (const person of [member, reviewer])
      await expect(savePolicy.execute(person.caller, input)).rejects.toMatchObject({ code: "forbidden" });
    await expect(
      savePolicy.execute(operator.caller, {
        ...input,
        source: input.source.replace("spec:", "spec:\n  grace: soon"),
      }),
    ).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("spec.grace: must be 0, or minutes"),
    });
    await expect(savePolicy.execute(operator.caller, { ...input, key: "contract" })).rejects.toMatchObject({
      code: "invalid",
    });
    const saved = await savePolicy.execute(operator.caller, input);
    expect(saved).toMatchObject({ version: 2 });
    await expect(savePolicy.execute(operator.caller, input)).rejects.toMatchObject({ code: "conflict" });
    const events = await world.db
      .select()
      .from(outboxEvents)
      .where(eq(outboxEvents.type, "governance.policy_changed"));
    expect(events.at(-1)?.payload).toEqual({ key: "card-completeness", version: 2, digest: saved.digest });
    const [trail] = await world.db
      .select()
      .from(auditLog)
      .where(and(eq(auditLog.action, "governance.policy.activate"), eq(auditLog.actorId, operator.id)));
    expect(trail?.payload).toContain("Clearer words");
    // A worker that starts brings the release's documents, but not over a person's.
    expect(await syncBuiltInPolicies(world.system())).toEqual({ added: [] });
    const now = await getPolicy.execute(member.caller, { key: "card-completeness" });
    expect(now).toMatchObject({ version: 2, releaseSource: source, grace: "7d", onFallOut: "hold" });
    // Who takes the release's own document again follows the releases again.
    await savePolicy.execute(operator.caller, { ...input, source, expectedDigest: now.digest });
    expect(await getPolicy.execute(member.caller, { key: "card-completeness" })).toMatchObject({
      version: 1,
      releaseSource: null,
    });
  });

  it("judges again what is deployed or awaiting, once, and leaves the approval of what it still passes", async () => {
    const version = await approved("kept");
    await deploy.execute(member.caller, { model: "kept", version: 1, environment: "production" });
    await rejudge();
    const before = await versionOf(world.system(), version.id);
    await change("evaluation", wanting(0, "grace: 0"));
    const missing = (await admissionNow(ctxAt(), version.id, "production")).missing;
    expect(missing).toEqual([
      expect.stringMatching(/^policy evaluation: judged by an earlier version only; version \d+ is in force/),
    ]);
    expect(
      (await versionDetail.execute(member.caller, { name: "kept", version: 1 })).blockers.production,
    ).toEqual([expect.objectContaining({ clearedBy: "Run the gates again" })]);
    expect(await rejudge()).toContain(version.id);
    expect(await rejudge()).toEqual([]);
    expect(await admissionNow(ctxAt(), version.id, "production")).toMatchObject({
      admitted: true,
      leaving: [],
    });
    const after = await versionOf(world.system(), version.id);
    expect(after.gateRunId).not.toBe(before.gateRunId);
    expect(after.gatesDigest).toBe(before.gatesDigest);
    const [run] = await world.db
      .select()
      .from(gateRuns)
      .where(eq(gateRuns.id, after.gateRunId ?? ""));
    expect(run?.trigger).toMatch(/^policy evaluation version \d+ in force$/);
  });

  it("shows before it is saved what would fall out; after it, what leaves and when; and tells people", async () => {
    const version = await approved("shown");
    const { name, deploymentId } = await deploy.execute(member.caller, {
      model: "shown",
      version: 1,
      environment: "production",
    });
    const { source } = await getPolicy.execute(member.caller, { key: "evaluation" });
    const document = wanting(0.99, "grace: 2d")(source);
    const preview = await previewPolicy.execute(operator.caller, { key: "evaluation", source: document });
    expect(preview).toMatchObject({ grace: "2d", onFallOut: "hold" });
    expect(preview.items).toContainEqual(
      expect.objectContaining({
        deployment: name,
        arm: "stable",
        verdict: "fail",
        message: "Accuracy is below 0.99.",
      }),
    );
    await expect(
      previewPolicy.execute(member.caller, { key: "evaluation", source: document }),
    ).rejects.toMatchObject({ code: "forbidden" });
    const foreign = await world.person("admin", { teamId: world.otherTeamId });
    const seen = await previewPolicy.execute(
      { ...foreign.caller, actor: { ...foreign.actor, isPlatformAdmin: true } },
      { key: "evaluation", source: document },
    );
    expect(seen).toMatchObject({ items: [], otherTeams: { teams: 1 } });
    expect(JSON.stringify(seen)).not.toContain("shown");

    await change("evaluation", wanting(0.99, "grace: 2d"));
    await rejudge();
    expect(await admissionNow(ctxAt(), version.id, "production")).toMatchObject({
      admitted: true,
      leaving: [{ key: "evaluation", why: "policy evaluation: fail" }],
    });
    expect((await getDeployment.execute(member.caller, { name })).admission?.leaving).toHaveLength(1);
    expect(
      (await versionDetail.execute(member.caller, { name: "shown", version: 1 })).leaving.production,
    ).toHaveLength(1);
    const affected = async (now?: Date) =>
      (
        await policyAffected.execute(
          { ...member.caller, ...(now ? { now: () => now } : {}) },
          { key: "evaluation" },
        )
      ).items.filter((item) => item.deployment === name);
    expect(await affected()).toMatchObject([{ state: "leaving", number: 1 }]);
    await watchApprovals(ctxAt(), deploymentId);
    const open = async () =>
      (await world.db.select().from(alerts).where(eq(alerts.subjectId, deploymentId)))
        .filter(({ state }) => state === "firing")
        .map(({ kind, severity }) => `${kind} ${severity}`);
    expect(await open()).toEqual(["policy-grace warning"]);

    // The grace ends: the worker judges once more, the approval of what people have not seen ends, and production falls out.
    expect(await rejudge(3)).toContain(version.id);
    const review = (await world.db.select().from(reviews).where(eq(reviews.id, version.reviewId)))[0];
    expect(review).toMatchObject({ state: "void" });
    expect((await admissionNow(ctxAt(3), version.id, "production")).missing[0]).toBe(
      "policy evaluation: fail",
    );
    await watchApprovals(ctxAt(3), deploymentId);
    expect(await open()).toEqual(["approval warning"]);
    expect(await affected(at(3))).toMatchObject([{ state: "fallen", onFallOut: "hold" }]);
    // What serves goes on, also in a gateway that starts anew.
    expect(
      await admissionOf(world.db, version.id, "production", { asServing: true, now: at(3) }),
    ).toMatchObject({
      admitted: true,
    });
    await change("evaluation", wanting(0, "grace: 0"));
    await rejudge(3);
  });
});

describe("what falls out follows the policy's rule", () => {
  /** Version 1 stable and version 2 as canary, then an evaluation that passes neither. */
  async function fallen(model: string, rule: string) {
    await change("evaluation", wanting(0, `onFallOut: ${rule}`));
    await rejudge();
    const [first, second] = [await approved(model), await approved(model)];
    await deploy.execute(member.caller, { model, version: 1, environment: "production" });
    const { rolloutId, deploymentId, name } = await deploy.execute(member.caller, {
      model,
      version: 2,
      environment: "production",
      plan: PLAN,
    });
    await gatewayServes(world.db, { [deploymentId]: {} });
    await advanceRollout(ctxAt(), rolloutId ?? "");
    await change("evaluation", wanting(0.99, `grace: 0\n  onFallOut: ${rule}`));
    await rejudge();
    const promote = () =>
      controlRollout.execute(member.caller, {
        rolloutId: rolloutId ?? "",
        command: "promote",
        reason: "It is good",
      });
    const again = () =>
      deploy.execute(member.caller, { model, version: 2, environment: "production", name: `${model}-eu` });
    const serves = async (id: string) =>
      (await admissionOf(world.db, id, "production", { asServing: true })).admitted;
    return { first, second, rolloutId: rolloutId ?? "", deploymentId, name, promote, again, serves };
  }
  const reasonOf = async (name: string) =>
    (await getDeployment.execute(member.caller, { name })).rollouts[0]?.state;

  it("hold: it serves on, the canary stays where it is, nothing is promoted or deployed", async () => {
    const { first, promote, again, serves, rolloutId, name } = await fallen("held", "hold");
    expect(await serves(first.id)).toBe(true);
    await expect(promote()).rejects.toMatchObject({ code: "precondition_failed" });
    await expect(again()).rejects.toMatchObject({ code: "precondition_failed" });
    await advanceRollout(ctxAt(), rolloutId);
    expect(await reasonOf(name)).toBe("running");
  });

  it("block-new: it serves on and the rollout goes on; nothing new is deployed", async () => {
    const { first, promote, again, serves } = await fallen("blocked", "block-new");
    expect(await serves(first.id)).toBe(true);
    await expect(again()).rejects.toMatchObject({ code: "precondition_failed" });
    expect(await promote()).toMatchObject({ command: "promote" });
  });

  it("block-new: lets no rollout go on whose approval ended for another reason", async () => {
    const { second, promote } = await fallen("edited", "block-new");
    await world.db.execute(`update model_versions set contract_digest = 'changed' where id = '${second.id}'`);
    await expect(promote()).rejects.toMatchObject({ code: "precondition_failed" });
  });

  it("stop: it serves no more, people are told, and it serves again when it passes", async () => {
    const { first, second, promote, serves, deploymentId } = await fallen("stopped", "stop");
    expect(await serves(first.id)).toBe(false);
    expect(await serves(second.id)).toBe(false);
    await expect(promote()).rejects.toMatchObject({ code: "precondition_failed" });
    await watchApprovals(ctxAt(), deploymentId);
    const told = await world.db.select().from(alerts).where(eq(alerts.subjectId, deploymentId));
    expect(told.filter(({ state }) => state === "firing")).toMatchObject([
      {
        kind: "policy-stop",
        severity: "critical",
        body: expect.stringMatching(
          /policy evaluation: fail; version \d+ of the policy stops what it does not pass/,
        ),
      },
    ]);
    expect((await policyAffected.execute(member.caller, { key: "evaluation" })).items).toContainEqual(
      expect.objectContaining({ state: "stopped", arm: "stable", number: 1, modelName: "stopped" }),
    );
    await change("evaluation", wanting(0, "grace: 0\n  onFallOut: stop"));
    await rejudge();
    expect(await serves(first.id)).toBe(true);
    await watchApprovals(ctxAt(), deploymentId);
    const after = await world.db.select().from(alerts).where(eq(alerts.subjectId, deploymentId));
    expect(after.filter(({ kind, state }) => kind === "policy-stop" && state === "firing")).toEqual([]);
    expect(
      (await reviewsOfSubject(world.system(), { subjectKind: "model_version", subjectId: first.id }))[0]
        ?.state,
    ).toBe("void");
  });
});

describe("the scanner", () => {
  it("judges again what another version of it looked at", async () => {
    const version = await approved("scanned");
    expect(await rejudge()).not.toContain(version.id);
    await world.db.execute(
      `update model_versions set evidence = jsonb_set(evidence, '{scan,scannerVersion}', '"0.0.1"') where id = '${version.id}'`,
    );
    expect(
      (await staleVersions(world.db, new Date())).find(({ versionId }) => versionId === version.id)?.trigger,
    ).toMatch(/^scanner /);
    expect(await rejudge()).toContain(version.id);
    expect(await rejudge()).not.toContain(version.id);
    expect(await admissionNow(ctxAt(), version.id, "production")).toMatchObject({ admitted: true });
  });
});
