import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attestations, auditLog, gateRuns, policies } from "@/db/schema";
import { newId } from "@/server/core/ids";
import { parsePolicyDocument } from "../cel";
import { treeSize } from "../log/node-store";
import { createWorld, goodEvidence, type Person, type World } from "../testing";
import { evaluateGates } from "./evaluate-gates";
import { getPolicy, listPolicies, policyHistory } from "./policy-verbs";
import { gateRunOf, latestGates } from "./queries";
import { storePolicy, syncBuiltInPolicies } from "./sync-policies";

let world: World;
let viewer: Person;
beforeAll(async () => {
  world = await createWorld();
  viewer = await world.person("viewer");
});
afterAll(() => world.close());

const digest = `sha256:${"a".repeat(64)}`;
const subject = () => ({ kind: "version", id: newId("version"), digest, name: "churn v1" });
const run = (evidence: Record<string, unknown>, more: object = {}) =>
  evaluateGates(world.system(), {
    subject: subject(),
    evidence,
    trigger: "registered",
    requestedBy: viewer.id,
    ...more,
  });
const verdictOf = (result: Awaited<ReturnType<typeof run>>, key: string) =>
  result.verdicts.find((verdict) => verdict.policyKey === key) ?? expect.fail(`no verdict for ${key}`);

describe("stored policies", () => {
  it("are loaded once, and a changed document becomes the next version", async () => {
    const first = await syncBuiltInPolicies(world.system());
    expect(first.added.map((each) => each.key).toSorted()).toEqual([
      "card-completeness",
      "contract",
      "evaluation",
      "fairness",
      "file-scan",
      "provenance",
    ]);
    expect(await syncBuiltInPolicies(world.system())).toEqual({ added: [] });
    const { source } = await getPolicy.execute(viewer.caller, { key: "card-completeness" });
    const text = source.replace("The model card is complete and current", "The card is whole");
    const stored = await storePolicy(world.system(), {
      key: "card-completeness",
      source: text,
      document: parsePolicyDocument(text),
    });
    expect(stored?.version).toBe(2);
    const changed = await getPolicy.execute(viewer.caller, { key: "card-completeness" });
    expect(changed).toMatchObject({ version: 2, title: "The card is whole" });
    expect(changed.versions.map((each) => each.retiredAt === null)).toEqual([true, false]);
    // The release's own document becomes current again, as the version it was.
    expect((await syncBuiltInPolicies(world.system())).added).toMatchObject([
      { key: "card-completeness", version: 1 },
    ]);
    await expect(world.db.execute(sql`update policies set source = 'x'`)).rejects.toThrow();
    await expect(world.db.execute(sql`delete from policies`)).rejects.toThrow();
  });

  it("can be read by the team and its tokens", async () => {
    const { items } = await listPolicies.execute(viewer.token, {});
    expect(items).toHaveLength(6);
    await expect(getPolicy.execute(viewer.caller, { key: "nothing" })).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(getPolicy.execute(viewer.caller, { key: "No Key" })).rejects.toMatchObject({
      code: "invalid",
    });
  });
});

describe("a gate run", () => {
  it("passes on good evidence, with one logged attestation a policy", async () => {
    const before = await treeSize(world.db);
    const result = await run(goodEvidence());
    expect(result.outcome).toBe("pass");
    expect(result.verdicts.map((verdict) => verdict.leafIndex ?? -1).toSorted((a, b) => a - b)).toEqual(
      [0, 1, 2, 3, 4, 5].map((at) => before + at),
    );
    const [row] = await world.db
      .select()
      .from(attestations)
      .where(eq(attestations.id, verdictOf(result, "evaluation").attestationId ?? ""));
    expect(row?.statement).toMatchObject({
      predicateType: "https://modelworks.dev/attestation/policy-evaluation/v1",
      predicate: {
        policy: { key: "evaluation", digest: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } },
        engine: { id: "npm:@bufbuild/cel" },
        verdict: "pass",
        inputs: [{ name: "evaluation" }],
      },
    });
    const trail = await world.db.select().from(auditLog).where(eq(auditLog.action, "governance.gate.run"));
    expect(trail).toHaveLength(1);
  });

  it.each([
    [
      "evaluation",
      { metrics: [{ name: "f1", value: 0.5, threshold: 0.8, direction: "at_least", sampleSize: 500 }] },
      "fail",
    ],
    [
      "evaluation",
      { metrics: [{ name: "f1", value: 0.9, threshold: 0.8, direction: "at_least", sampleSize: 5 }] },
      "indeterminate",
    ],
    ["evaluation", { thresholdsFixedAt: "2026-01-03T00:00:00Z" }, "fail"],
    ["evaluation", { runStartedAt: "yesterday" }, "error"],
    ["contract", { mismatches: ["x is float32, not float64"] }, "fail"],
    ["provenance", { codeCommit: null }, "fail"],
    ["card", { staleFields: ["metrics"] }, "fail"],
    ["scan", { manifestFileCount: 2 }, "fail"],
    ["fairness", { verdict: "indeterminate" }, "indeterminate"],
  ])("judges %s %j as %s", async (name, change, verdict) => {
    const evidence = goodEvidence();
    const key = name === "card" ? "card-completeness" : name === "scan" ? "file-scan" : name;
    const result = await run({ ...evidence, [name]: { ...evidence[name], ...change } });
    expect(verdictOf(result, key).verdict).toBe(verdict);
    expect(result.outcome).toBe(verdict);
  });

  it("never passes without evidence", async () => {
    const result = await run({});
    expect(result.outcome).toBe("fail");
    expect(result.verdicts.every((verdict) => verdict.verdict === "fail")).toBe(true);
    expect(verdictOf(result, "fairness").message).toContain("no fairness evidence");
  });

  it("is written once when its step is repeated, also at the same time", async () => {
    const gateRunId = newId("gateRun");
    const one = subject();
    const input = { subject: one, gateRunId };
    const [first, twin] = await Promise.all([run(goodEvidence(), input), run(goodEvidence(), input)]);
    const again = await run({}, input);
    expect(again).toEqual(first);
    expect(twin?.verdicts).toEqual(first?.verdicts);
    const rows = await world.db.select().from(attestations).where(eq(attestations.subjectId, one.id));
    expect(rows).toHaveLength(6);
    await expect(run({}, { gateRunId, subject: subject() })).rejects.toMatchObject({ code: "conflict" });
  });

  it("belongs to its team", async () => {
    const one = subject();
    const { gateRunId } = await run(goodEvidence(), { subject: one });
    expect((await latestGates(viewer.ctx(), "version", one.id, digest))?.id).toBe(gateRunId);
    expect(await latestGates(viewer.ctx(), "version", one.id, `sha256:${"b".repeat(64)}`)).toBeUndefined();
    const foreign = await world.person("admin", { teamId: world.otherTeamId });
    await expect(gateRunOf(foreign.ctx(), gateRunId)).rejects.toMatchObject({ code: "not_found" });
    expect(await latestGates(foreign.ctx(), "version", one.id)).toBeUndefined();
    expect((await policyHistory.execute(foreign.caller, { key: "contract" })).items).toEqual([]);
    const page = await policyHistory.execute(viewer.caller, { key: "contract", limit: 2 });
    expect(page.items).toHaveLength(2);
    const next = await policyHistory.execute(viewer.caller, {
      key: "contract",
      limit: 2,
      cursor: page.nextCursor,
    });
    expect(next.items[0]?.gateRunId).not.toBe(page.items[1]?.gateRunId);
    expect(await world.db.select().from(gateRuns).where(eq(gateRuns.state, "running"))).toEqual([]);
    expect(await world.db.select().from(policies)).toHaveLength(7);
  });
});
