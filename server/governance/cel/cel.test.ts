import fs from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { CEL_ENGINE, CelEvaluator, isTrue } from "./evaluate";
import { loadBuiltInPolicies } from "./built-in-policies";
import type { BuiltInPolicyKey } from "./built-in-policies";
import { evaluatePolicy } from "./evaluate-policy";
import type { EvidenceName } from "./evidence";
import { parsePolicyDocument, policyDigest } from "./policy-document";

const cel = new CelEvaluator({ deadlineMs: 400 });
afterAll(() => cel.close());
const evaluate = cel.evaluate.bind(cel);

describe("evaluation", () => {
  it("names the engine that is installed", () => {
    const manifest: unknown = JSON.parse(fs.readFileSync("node_modules/@bufbuild/cel/package.json", "utf8"));
    expect(manifest).toMatchObject({ version: CEL_ENGINE.version });
  });

  it.each([
    ["x.v > 1", true],
    ["x.list.all(i, i < 3)", true],
    ["has(x.nope)", false],
    ["has(x.constructor) || has(x.toString)", false],
    ["'a,b'.split(',').size() == 2", true],
    ["size(x.list)", "2"],
    ["{'k': [1.5, null]}", { k: [1.5, null] }],
  ])("%s", async (expression, value) => {
    expect(await evaluate(expression, { x: { v: 2, list: [1, 2] } })).toEqual({ kind: "value", value });
  });

  it.each([
    "x.nope > 1",
    "x.v + 1 > 1",
    "1 +",
    "",
    "y",
    "x.v",
    "'true'",
    "[true]",
    "b'a'",
    "timestamp('2026-01-01T00:00:00Z')",
    "1/0 == 1",
  ])("%s is not a pass", async (expression) =>
    expect(isTrue(await evaluate(expression, { x: { v: 2 } }))).toBe(false),
  );

  it("survives hostile expressions and goes on", async () => {
    const list = Array.from({ length: 2_000 }, (_, at) => at);
    const product = "l.all(a, l.all(b, l.all(c, a + b + c >= 0.0)))";
    expect(await evaluate(product, { l: list })).toMatchObject({
      kind: "error",
      message: /longer than 400 ms/,
    });
    expect(isTrue(await evaluate("s.matches('(a+)+$')", { s: `${"a".repeat(2_000)}!` }))).toBe(false);
    expect(await evaluate(`${"(".repeat(500)}true${")".repeat(500)}`, {})).toMatchObject({
      message: /nests deeper/,
    });
    expect(await evaluate(`${"!".repeat(500)}true`, {})).toMatchObject({ message: /nests deeper/ });
    expect(await evaluate(`true${" && true".repeat(1_000)}`, {})).toMatchObject({
      message: /longer than 4000/,
    });
    expect(await evaluate("true", { l: "x".repeat(5_000_000) })).toMatchObject({ message: /larger than/ });
    expect(await evaluate("l.map(a, l.map(b, l)).size() > 0", { l: list })).toMatchObject({ kind: "error" });
    expect(await evaluate("true", { at: new Date() })).toMatchObject({ message: /not plain JSON/ });
    expect(await evaluate("true", { v: Number.NaN })).toMatchObject({ message: /not finite/ });
    expect(await evaluate("1 < 2", {})).toEqual({ kind: "value", value: true });
  });

  it("keeps concurrent evaluations apart", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => evaluate("v", { v: at })));
    expect(answers.map((answer) => answer.kind === "value" && answer.value)).toEqual(
      Array.from({ length: 20 }, (_, at) => at),
    );
  });
});

const policy = (rule: Record<string, unknown>) =>
  parsePolicyDocument(
    JSON.stringify({
      apiVersion: "modelworks.dev/v1",
      kind: "GatePolicy",
      metadata: { key: "own", version: 1, title: "Own" },
      spec: {
        predicate: "https://modelworks.dev/attestation/policy-evaluation/v1",
        evidence: ["facts"],
        onIndeterminate: "review",
        rules: [
          {
            id: "r",
            title: "R",
            expression: "facts.ok",
            message: "No: {v}",
            values: { v: "facts.v" },
            ...rule,
          },
        ],
      },
    }),
  );

describe("a policy", () => {
  it.each([
    ["pass", {}, { facts: { ok: true, v: 0.1 } }],
    ["fail", {}, { facts: { ok: false, v: 0.1 } }],
    ["fail", {}, {}],
    ["fail", {}, { facts: null }],
    ["error", {}, { facts: {} }],
    ["error", {}, { facts: { ok: "true" } }],
    ["error", {}, { facts: { ok: 1 } }],
    ["error", { when: "facts.nope" }, { facts: { ok: true } }],
    ["error", { indeterminateWhen: "'yes'" }, { facts: { ok: true } }],
    ["indeterminate", { indeterminateWhen: "true" }, { facts: { ok: true } }],
    ["indeterminate", { when: "false" }, { facts: { ok: true } }],
    [
      "error",
      { expression: "[0,1,2,3,4,5,6,7,8,9].all(a, facts.l.all(b, facts.l.all(c, facts.l.all(d, true))))" },
      { facts: { l: Array.from({ length: 500 }, () => 1) } },
    ],
  ])("ends in %s (%j, %j)", async (verdict, rule, evidence) => {
    expect((await evaluatePolicy(policy(rule), evidence, evaluate)).verdict).toBe(verdict);
  });

  it("records figures as text and says them", async () => {
    const result = await evaluatePolicy(policy({}), { facts: { ok: false, v: 0.1 } }, evaluate);
    expect(result.rules).toEqual([
      { id: "r", title: "R", outcome: "fail", message: "No: 0.1", values: { v: "0.1" } },
    ]);
    expect(result.inputs).toEqual([{ name: "facts", digest: expect.stringMatching(/^sha256:/) }]);
  });

  it("has a digest that layout does not change and content does", () => {
    const yaml = (expression: string) =>
      `# comment\nkind: GatePolicy\napiVersion: modelworks.dev/v1\nmetadata: {title: Own, key: own, version: 1}\nspec:\n  predicate: https://modelworks.dev/attestation/policy-evaluation/v1\n  onIndeterminate: review\n  evidence: [facts]\n  rules:\n    - {title: R, id: r, expression: ${expression}, message: "No: {v}", values: {v: facts.v}}\n`;
    expect(policyDigest(parsePolicyDocument(yaml("facts.ok")))).toBe(policyDigest(policy({})));
    expect(policyDigest(parsePolicyDocument(yaml("facts.okay")))).not.toBe(policyDigest(policy({})));
  });

  it("is refused with the field's name", () => {
    expect(() => policy({ extra: 1 })).toThrow(/spec\.rules\.0/);
    expect(() => policy({ expression: "" })).toThrow(/expression/);
    expect(() => parsePolicyDocument("a: &a [*a]\nb: [")).toThrow(/not YAML/);
  });
});

const digest = `sha256:${"a".repeat(64)}`;
const tensor = { name: "x", dtype: "float32", shape: [null, 4] };
const file = { path: "model.onnx", digest, format: "onnx", verdict: "pass", findings: [] };
const metric = { name: "accuracy", value: 0.9, threshold: 0.8, direction: "at_least", sampleSize: 500 };
const check = {
  metric: "demographic_parity_difference",
  verdict: "pass",
  value: 0.01,
  threshold: 0.1,
  reason: "within",
};

type Evidence = Record<string, unknown>;
const GOOD: Record<BuiltInPolicyKey, [EvidenceName, Evidence]> = {
  contract: [
    "contract",
    {
      declared: true,
      signatureKnown: true,
      inputs: [tensor],
      outputs: [tensor],
      mismatches: [],
      trial: { state: "answered", message: "It answers." },
      latencyBoundMs: 50,
      cpuMilli: 500,
      memoryBytes: 1e8,
    },
  ],
  provenance: [
    "provenance",
    {
      runId: "run_1",
      runStatus: "FINISHED",
      datasets: [{ name: "d", version: 1, digest, used: "training" }],
      codeCommit: "abc",
      environmentDigest: null,
      files: [{ path: "m", digest }],
    },
  ],
  "card-completeness": ["card", { requiredFields: ["owner"], missingFields: [], staleFields: [] }],
  "file-scan": ["scan", { scannerVersion: "1", listDigest: digest, files: [file], manifestFileCount: 1 }],
  evaluation: [
    "evaluation",
    {
      datasetDigest: digest,
      thresholdsFixedAt: "2026-01-01T00:00:00Z",
      runStartedAt: "2026-01-01T00:00:01Z",
      metrics: [metric],
      minimumSampleSize: 100,
    },
  ],
  fairness: [
    "fairness",
    {
      verdict: "pass",
      checks: [check],
      groups: [
        { group: "a", n: 50 },
        { group: "b", n: 60 },
      ],
    },
  ],
};
const CASES: [BuiltInPolicyKey, string, Evidence][] = [
  ["contract", "fail", { declared: false }],
  ["contract", "fail", { mismatches: ["input x is float64"] }],
  ["contract", "fail", { trial: null }],
  ["contract", "fail", { trial: { state: "refused", message: "The model does not load." } }],
  ["contract", "fail", { declared: false, problems: ["inputs.0.shape must be -1 (any) or a size"] }],
  ["contract", "pass", { inputs: [] }],
  ["contract", "fail", { outputs: [] }],
  ["contract", "fail", { latencyBoundMs: null }],
  ["contract", "error", { declared: undefined }],
  ["provenance", "fail", { runStatus: "FAILED" }],
  ["provenance", "fail", { runId: null, runStatus: null }],
  ["provenance", "fail", { datasets: [] }],
  ["provenance", "fail", { codeCommit: "" }],
  ["card-completeness", "fail", { missingFields: ["limitations"] }],
  ["card-completeness", "fail", { staleFields: ["metrics"] }],
  ["card-completeness", "fail", { requiredFields: [] }],
  ["file-scan", "fail", { files: [{ ...file, verdict: "fail" }] }],
  ["file-scan", "indeterminate", { files: [{ ...file, verdict: "indeterminate" }] }],
  ["file-scan", "fail", { manifestFileCount: 2 }],
  ["file-scan", "fail", { files: [], manifestFileCount: 0 }],
  ["file-scan", "error", { files: [{ ...file, verdict: "ok" }] }],
  ["evaluation", "fail", { metrics: [{ ...metric, value: 0.7 }] }],
  ["evaluation", "fail", { metrics: [{ ...metric, direction: "at_most" }] }],
  ["evaluation", "fail", { metrics: [{ ...metric, value: null }] }],
  ["evaluation", "fail", { metrics: [] }],
  ["evaluation", "fail", { thresholdsFixedAt: null }],
  ["evaluation", "fail", { thresholdsFixedAt: "2026-01-01T00:00:02Z" }],
  ["evaluation", "indeterminate", { metrics: [{ ...metric, sampleSize: 99 }] }],
  ["evaluation", "error", { metrics: [{ ...metric, value: Number.NaN }] }],
  [
    "fairness",
    "fail",
    { verdict: "fail", checks: [{ ...check, metric: "equalized_odds_difference", verdict: "fail" }] },
  ],
  ["fairness", "fail", { verdict: "fail", checks: [{ ...check, value: 0.6, verdict: "fail" }] }],
  ["fairness", "fail", { verdict: "fail", checks: [{ ...check, value: null, verdict: "fail" }] }],
  ["fairness", "indeterminate", { verdict: "fail", checks: [{ ...check, value: 0.4, verdict: "fail" }] }],
  [
    "fairness",
    "indeterminate",
    { verdict: "indeterminate", checks: [{ ...check, verdict: "indeterminate" }] },
  ],
  ["fairness", "fail", { groups: [{ group: "a", n: 3 }] }],
  ["fairness", "fail", { checks: [] }],
];

describe("built-in policies", async () => {
  const policies = new Map((await loadBuiltInPolicies()).map((one) => [one.key, one.document]));
  const judge = (key: BuiltInPolicyKey, change: Evidence) => {
    const document = policies.get(key);
    if (document === undefined) throw new Error(`no policy ${key}`);
    return evaluatePolicy(document, { [GOOD[key][0]]: { ...GOOD[key][1], ...change } }, evaluate);
  };

  it.each([...policies.keys()])("%s passes on good evidence and fails without any", async (key) => {
    const result = await judge(key, {});
    expect(result.rules.filter((rule) => rule.outcome !== "pass")).toEqual([]);
    expect(result.verdict).toBe("pass");
    const document = policies.get(key);
    expect(document && (await evaluatePolicy(document, {}, evaluate)).verdict).toBe("fail");
  });

  it.each(CASES)("%s ends in %s on %j", async (key, verdict, change) => {
    const result = await judge(key, change);
    expect(result.verdict, JSON.stringify(result.rules)).toBe(verdict);
    expect(JSON.stringify(result.rules)).not.toContain("unavailable");
  });
});
