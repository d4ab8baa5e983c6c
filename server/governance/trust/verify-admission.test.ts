import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLocalSigners, type Signer } from "../../adapters/signer";
import { environmentRequirements } from "../rules";
import { IN_TOTO_PAYLOAD_TYPE, signEnvelope, type DsseEnvelope } from "./dsse";
import { buildStatement, encodeStatement, PREDICATE_TYPES } from "./statement";
import { verifyAdmission } from "./verify-admission";

const hex = (letter: string) => letter.repeat(64);
const MANIFEST = `sha256:${hex("a")}`;
const BOUND = { manifest: MANIFEST, card: `sha256:${hex("c")}` };
let folder: string;
let signer: Signer;
let stranger: Signer;

beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "mw-admission-"));
  signer = (await openLocalSigners(path.join(folder, "ours"))).attestation;
  stranger = (await openLocalSigners(path.join(folder, "theirs"))).attestation;
});
afterAll(() => fs.rm(folder, { recursive: true, force: true }));

const at = (minute: number) => `2026-01-01T00:${String(minute).padStart(2, "0")}:00Z`;

interface Options {
  by?: Signer;
  about?: string;
  minute?: number;
  expiresOn?: string;
}

function sign(statement: ReturnType<typeof buildStatement>, by = signer): Promise<DsseEnvelope> {
  return signEnvelope(by, IN_TOTO_PAYLOAD_TYPE, encodeStatement(statement));
}
function verdict(key: string, word: "pass" | "fail" | "indeterminate" | "error", options: Options = {}) {
  const { by, about = MANIFEST, minute = 0, expiresOn } = options;
  const statement = buildStatement([{ sha256: about }], PREDICATE_TYPES.policyEvaluation, {
    policy: { key, version: 1, digest: { sha256: hex("1") } },
    engine: { id: "cel", version: "1" },
    inputs: [],
    verdict: word,
    rules: [],
    evaluatedOn: at(minute),
    ...(expiresOn ? { expiresOn } : {}),
  });
  return sign(statement, by);
}
function review(
  decision: "approve" | "reject" | "request_changes",
  {
    environment = "production",
    bound = BOUND,
    minute = 0,
    by,
  }: { environment?: string; bound?: Record<string, string>; minute?: number; by?: Signer } = {},
) {
  const statement = buildStatement([{ sha256: MANIFEST }], PREDICATE_TYPES.humanReview, {
    reviewId: "rev_1",
    environment,
    decision,
    reason: "Looked at it",
    reviewer: { id: "usr_1", role: "reviewer" },
    evidence: Object.entries(bound).map(([name, digest]) => ({
      name,
      digest: { sha256: digest.replace("sha256:", "") },
    })),
    reviewedOn: at(minute),
  });
  return sign(statement, by);
}
const passes = (environment: string, except: string[] = []) =>
  Promise.all(
    environmentRequirements(environment)
      .policies.filter((key) => !except.includes(key))
      .map((key) => verdict(key, "pass")),
  );
const admit = (evidence: unknown[], environment = "production", more: object = {}) =>
  verifyAdmission({
    evidence,
    publicKeysPem: [signer.publicKeyPem],
    manifestDigest: MANIFEST,
    requirements: environmentRequirements(environment),
    boundDigests: BOUND,
    ...more,
  });

describe("admission", () => {
  it("takes a complete set, bare or in bundles", async () => {
    const evidence = [...(await passes("production")), await review("approve")];
    expect(admit(evidence)).toMatchObject({ admitted: true, missing: [] });
    expect(admit(evidence.map((dsseEnvelope) => ({ dsseEnvelope })))).toMatchObject({ admitted: true });
    expect(admit(await passes("staging"), "staging")).toMatchObject({ admitted: true });
  });

  it("names what is missing", async () => {
    expect(admit([]).missing).toHaveLength(7);
    expect(admit(await passes("production")).missing).toEqual(["approval: no review for production"]);
    const evidence = [...(await passes("production", ["fairness"])), await review("approve")];
    expect(admit(evidence).missing).toEqual(["policy fairness: no signed verdict"]);
    expect(admit([null, "x", { payload: 1 }], "staging").admitted).toBe(false);
  });

  it("clears doubt by an approval, but neither failure nor error", async () => {
    const rest = await passes("production", ["fairness"]);
    const approved = await review("approve");
    expect(admit([...rest, await verdict("fairness", "indeterminate"), approved])).toMatchObject({
      admitted: true,
    });
    for (const word of ["fail", "error"] as const) {
      expect(admit([...rest, await verdict("fairness", word), approved]).missing).toEqual([
        `policy fairness: ${word}`,
      ]);
    }
    const staging = await passes("staging", ["file-scan"]);
    const unclear = await verdict("file-scan", "indeterminate");
    expect(admit([...staging, unclear], "staging").missing[0]).toContain("indeterminate");
    expect(
      admit([...staging, unclear, await review("approve", { environment: "staging" })], "staging"),
    ).toMatchObject({
      admitted: true,
    });
  });

  it("goes by the newest word, and by the worse of two at once", async () => {
    const rest = [...(await passes("production", ["contract"])), await review("approve", { minute: 1 })];
    const old = await verdict("contract", "fail", { minute: 0 });
    const fresh = await verdict("contract", "pass", { minute: 5 });
    expect(admit([...rest, fresh, old])).toMatchObject({ admitted: true });
    expect(admit([...rest, await verdict("contract", "pass", { minute: 0 }), old]).missing).toEqual([
      "policy contract: fail",
    ]);
    expect(admit([...rest, fresh, await review("reject", { minute: 2 })]).missing).toEqual([
      "approval: the last review decided reject",
    ]);
    const healed = [await review("reject", { minute: 0 }), ...rest, fresh];
    expect(admit(healed)).toMatchObject({ admitted: true });
  });

  it.each([
    ["signed by a stranger", () => review("approve", { by: stranger })],
    ["given for another environment", () => review("approve", { environment: "staging" })],
    ["bound to another card", () => review("approve", { bound: { ...BOUND, card: `sha256:${hex("9")}` } })],
    ["bound to no card", () => review("approve", { bound: { manifest: MANIFEST } })],
    [
      "bound to something that is no longer there",
      () => review("approve", { bound: { ...BOUND, contract: `sha256:${hex("9")}` } }),
    ],
  ])("refuses an approval %s", async (_what, make) => {
    const { admitted, missing } = admit([...(await passes("production")), await make()]);
    expect(admitted).toBe(false);
    expect(missing.join()).toContain("approval");
  });

  it("refuses verdicts of strangers, about other files, expired or changed", async () => {
    const rest = [...(await passes("production", ["contract"])), await review("approve")];
    const good = await verdict("contract", "pass");
    const changed = {
      ...good,
      payload: Buffer.from(
        Buffer.from(good.payload, "base64").toString().replace("contract", "contracT"),
      ).toString("base64"),
    };
    const bad = [
      await verdict("contract", "pass", { by: stranger }),
      await verdict("contract", "pass", { about: `sha256:${hex("b")}` }),
      await verdict("contract", "pass", { expiresOn: "2026-01-01T00:30:00Z" }),
      changed,
    ];
    for (const one of bad)
      expect(admit([...rest, one], "production", { now: new Date(at(45)) }).admitted).toBe(false);
    expect(admit([...rest, good])).toMatchObject({ admitted: true });
  });

  it("keeps what serves: the approval and the verdicts with which it began, whatever was said later", async () => {
    const then = [...(await passes("production")), await review("approve", { minute: 5 })];
    const later = [
      await verdict("card-completeness", "fail", { minute: 10 }),
      await review("reject", { minute: 11 }),
    ];
    const changed = { boundDigests: { ...BOUND, card: `sha256:${hex("9")}` } };
    expect(admit([...then, ...later], "production", changed).missing).toEqual([
      "policy card-completeness: fail",
      "approval: the last review decided reject",
    ]);
    const asServing = { boundDigests: undefined, asOfApproval: true };
    expect(admit([...then, ...later], "production", asServing)).toMatchObject({ admitted: true, missing: [] });
    // It must have been complete at that moment, for these files and this environment, and signed by us.
    const refusals = [
      [...(await passes("production", ["fairness"])), await verdict("fairness", "fail"), then.at(-1)],
      [
        ...(await passes("production", ["fairness"])),
        await verdict("fairness", "pass", { minute: 6 }),
        then.at(-1),
      ],
      [
        ...(await passes("production")),
        await review("approve", { bound: { manifest: `sha256:${hex("b")}` } }),
      ],
      [...(await passes("production")), await review("approve", { environment: "staging" })],
      [...(await passes("production")), await review("approve", { by: stranger })],
    ];
    for (const evidence of refusals) expect(admit(evidence, "production", asServing).admitted).toBe(false);
  });

  it("goes on, where people need not decide, for what the verdicts of one moment admitted", async () => {
    const then = await passes("staging");
    const later = [await verdict("contract", "fail", { minute: 5 })];
    const asServing = { boundDigests: undefined, asOfApproval: true };
    expect(admit([...then, ...later], "staging").admitted).toBe(false);
    expect(admit([...then, ...later], "staging", asServing)).toMatchObject({ admitted: true, missing: [] });
    const never = [...(await passes("staging", ["contract"])), await verdict("contract", "fail")];
    expect(admit(never, "staging", asServing).missing).toEqual(["policy contract: fail"]);
  });
});
