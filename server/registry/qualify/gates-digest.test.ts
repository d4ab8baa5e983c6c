import { describe, expect, test } from "vitest";
import { digestOf } from "@/server/core/digest";
import { digestAfter, gatesDigestOf, type Finding } from "./gates-digest";

const finding = (key: string, change: Partial<Finding> = {}): Finding => ({
  policyKey: key,
  policyDigest: `${key} v1`,
  verdict: "pass",
  rules: [{ id: "a", title: "A", outcome: "pass", message: "A", values: {} }],
  inputs: [{ name: key, digest: "sha256:1" }],
  evidence: { [key]: key === "scan" ? { files: [] } : {} },
  ...change,
});
const failed = {
  verdict: "fail" as const,
  rules: [{ id: "a", title: "A", outcome: "fail" as const, message: "Too low", values: {} }],
};
const v2 = { policyDigest: "contract v2" };
const never = () => false;
const always = () => true;

describe("what approvals are bound to", () => {
  const first = [finding("contract"), finding("scan")];

  test("outlives a new version of a policy that finds the same, and a scanner that finds the same", () => {
    const scan = (scanner: string, verdict = "pass") => ({
      inputs: [{ name: "scan", digest: `sha256:${scanner}` }],
      evidence: { scan: { scannerVersion: scanner, files: [{ path: "a", verdict }] } },
    });
    const before = [finding("contract"), finding("scan", scan("1"))];
    expect(gatesDigestOf([finding("scan", scan("2")), finding("contract", v2)])).toBe(gatesDigestOf(before));
    expect(gatesDigestOf([finding("contract"), finding("scan", scan("2", "fail"))])).not.toBe(
      gatesDigestOf(before),
    );
  });

  test.each([
    ["another verdict", failed],
    [
      "another doubt",
      { ...failed, rules: [{ id: "b", title: "B", outcome: "fail" as const, message: "B", values: {} }] },
    ],
    ["another contract", { evidence: { contract: { latencyBoundMs: 50 } } }],
  ])("ends with %s", (_what, change) => {
    expect(gatesDigestOf([finding("contract", change), finding("scan")])).not.toBe(gatesDigestOf(first));
  });

  test("ends with other evidence of any other kind", () => {
    const card = (digest: string) => finding("card", { inputs: [{ name: "card", digest }] });
    expect(gatesDigestOf([card("sha256:2")])).not.toBe(gatesDigestOf([card("sha256:1")]));
  });

  test("outlives a first trial that answers, and what a scanner calls a safe file", () => {
    const tried = { contract: { problems: [], trial: { state: "answered", message: "It answers." } } };
    expect(gatesDigestOf([finding("contract", { evidence: tried })])).toBe(
      gatesDigestOf([finding("contract")]),
    );
    const scan = (format: string, file: object) =>
      finding("scan", {
        evidence: { scan: { files: [{ path: "a", digest: "sha256:a", verdict: "pass", format, ...file }] } },
      });
    const noted = { findings: [{ code: "x", message: "X", severity: "info" }] };
    expect(gatesDigestOf([scan("yaml", noted)])).toBe(gatesDigestOf([scan("text", { findings: [] })]));
    for (const change of [{ digest: "sha256:b" }, { verdict: "indeterminate" }])
      expect(gatesDigestOf([scan("text", change)])).not.toBe(gatesDigestOf([scan("text", {})]));
    const unclear = { verdict: "indeterminate" };
    expect(gatesDigestOf([scan("text", { ...unclear, ...noted })])).not.toBe(
      gatesDigestOf([scan("text", unclear)]),
    );
  });

  test("stays while a grace lasts, and changes when it is over", () => {
    const before = gatesDigestOf(first);
    const now = [finding("contract", { ...v2, ...failed }), finding("scan")];
    expect(digestAfter(now, [first], before, always)).toBe(before);
    // A second run within the grace stands for the first version's word too.
    expect(digestAfter(now, [now, first], before, always)).toBe(before);
    expect(digestAfter(now, [now, first], before, never)).not.toBe(before);
    const edited = { evidence: { contract: { latencyBoundMs: 50 } } };
    expect(
      digestAfter(
        [finding("contract", { ...v2, ...failed, ...edited }), finding("scan")],
        [first],
        before,
        always,
      ),
    ).not.toBe(before);
  });

  test("keeps the name that an earlier release gave to the same findings", () => {
    const former = digestOf(
      first.map(({ policyKey, policyDigest, verdict, inputs }) => ({
        policyKey,
        policyDigest,
        verdict,
        inputs,
      })),
    );
    const now = [finding("contract", v2), finding("scan")];
    expect(digestAfter(now, [first], former, never)).toBe(former);
    expect(digestAfter(now, [now, first], former, never)).toBe(former);
    expect(
      digestAfter([finding("contract", { ...v2, ...failed }), finding("scan")], [now, first], former, never),
    ).not.toBe(former);
  });
});
