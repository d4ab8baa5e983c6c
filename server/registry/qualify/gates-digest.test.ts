import { describe, expect, test } from "vitest";
import { digestOf } from "@/server/core/digest";
import { digestAfter, gatesDigestOf, type Finding } from "./gates-digest";

const finding = (key: string, change: Partial<Finding> = {}): Finding => ({
  policyKey: key,
  policyDigest: `${key} v1`,
  verdict: "pass",
  rules: [{ id: "a", title: "A", outcome: "pass", message: "A", values: {} }],
  inputs: [{ name: key, digest: "sha256:1" }],
  evidence: { [key]: {} },
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
    ["other evidence", { inputs: [{ name: "contract", digest: "sha256:2" }] }],
  ])("ends with %s", (_what, change) => {
    expect(gatesDigestOf([finding("contract", change), finding("scan")])).not.toBe(gatesDigestOf(first));
  });

  test("stays while a grace lasts, and changes when it is over", () => {
    const before = gatesDigestOf(first);
    const now = [finding("contract", { ...v2, ...failed }), finding("scan")];
    expect(digestAfter(now, [first], before, always)).toBe(before);
    // A second run within the grace stands for the first version's word too.
    expect(digestAfter(now, [now, first], before, always)).toBe(before);
    expect(digestAfter(now, [now, first], before, never)).not.toBe(before);
    const edited = { inputs: [{ name: "contract", digest: "sha256:2" }] };
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
