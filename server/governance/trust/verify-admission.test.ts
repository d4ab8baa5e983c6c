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
  /** Of the policy's document. */
  policy?: string;
}

function sign(statement: ReturnType<typeof buildStatement>, by = signer): Promise<DsseEnvelope> {
  return signEnvelope(by, IN_TOTO_PAYLOAD_TYPE, encodeStatement(statement));
}
function verdict(key: string, word: "pass" | "fail" | "indeterminate" | "error", options: Options = {}) {
  const { by, about = MANIFEST, minute = 0, expiresOn, policy = hex("1") } = options;
  const statement = buildStatement([{ sha256: about }], PREDICATE_TYPES.policyEvaluation, {
    policy: { key, version: 1, digest: { sha256: policy } },
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
    expect(admit([...staging, unclear], "staging").missing[0]).toContain("undecided");
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
    expect(admit([...then, ...later], "production", asServing)).toMatchObject({
      admitted: true,
      missing: [],
    });
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

  describe("by the policy in force", () => {
    const SECOND = hex("2");
    const timeOf = (minute: number) => Date.parse(at(minute));
    /** Version 2 of the contract's policy comes into force in minute 10, with ten minutes of grace. */
    const inForce = (onFallOut: "block-new" | "hold" | "stop", grace = 10) => ({
      inForce: new Map([
        [
          "contract",
          {
            key: "contract",
            version: 2,
            digest: `sha256:${SECOND}`,
            sinceMs: timeOf(10),
            graceUntilMs: timeOf(10 + grace),
            onFallOut,
          },
        ],
      ]),
    });
    const asked = (evidence: unknown[], minute: number, more: object = inForce("hold")) =>
      admit(evidence, "staging", { now: new Date(timeOf(minute)), ...more });
    const before = () => passes("staging");
    const judged = (word: "pass" | "fail" | "indeterminate") =>
      verdict("contract", word, { policy: SECOND, minute: 12 });

    it("counts verdicts of the version before until the grace ends, and says so", async () => {
      const evidence = await before();
      const gap = { key: "contract", version: 2, onFallOut: "hold", graceUntil: "2026-01-01T00:20:00.000Z" };
      expect(asked(evidence, 19)).toMatchObject({ admitted: true, fallen: [], leaving: [gap] });
      expect(asked(evidence, 20)).toMatchObject({
        admitted: false,
        missing: [
          "policy contract: judged by an earlier version only; version 2 is in force since 2026-01-01 00:10 UTC",
        ],
        fallen: [gap],
        leaving: [],
      });
      expect(asked(evidence, 11, inForce("hold", 0)).admitted).toBe(false);
    });

    it("takes the word of the version in force, whatever an older one says later", async () => {
      const late = await verdict("contract", "pass", { minute: 15 });
      const passed = [...(await before()), await judged("pass")];
      expect(asked(passed, 19)).toMatchObject({ admitted: true, leaving: [] });
      expect(asked(passed, 55)).toMatchObject({ admitted: true, fallen: [] });
      const failed = [...(await before()), await judged("fail"), late];
      expect(asked(failed, 19)).toMatchObject({
        admitted: true,
        leaving: [{ why: "policy contract: fail" }],
      });
      expect(asked(failed, 20)).toMatchObject({ admitted: false, missing: ["policy contract: fail"] });
    });

    it("gives no grace to what no earlier version passed, or nobody judged", async () => {
      const failing = [...(await passes("staging", ["contract"])), await verdict("contract", "fail")];
      expect(asked(failing, 11).admitted).toBe(false);
      expect(asked(await passes("staging", ["contract"]), 11).missing).toEqual([
        "policy contract: no signed verdict",
      ]);
    });

    it("hands doubt under the new version to people", async () => {
      const doubtful = [...(await before()), await judged("indeterminate")];
      expect(asked(doubtful, 30).admitted).toBe(false);
      const approved = [...doubtful, await review("approve", { environment: "staging", minute: 14 })];
      expect(asked(approved, 30).admitted).toBe(true);
    });

    it("ends serving only where the policy says stop: when it has judged, or could not in time", async () => {
      const serving = (evidence: unknown[], minute: number, rule: "block-new" | "hold" | "stop") =>
        asked(evidence, minute, { ...inForce(rule), asOfApproval: true });
      const failed = [...(await before()), await judged("fail")];
      for (const rule of ["block-new", "hold"] as const)
        expect(serving(failed, 55, rule)).toMatchObject({
          admitted: true,
          missing: [],
          fallen: [{ onFallOut: rule }],
        });
      expect(serving(failed, 19, "stop").admitted).toBe(true);
      expect(serving(failed, 20, "stop")).toMatchObject({
        admitted: false,
        missing: ["policy contract: fail; version 2 of the policy stops what it does not pass"],
      });
      expect(serving(await before(), 34, "stop").admitted).toBe(true);
      expect(serving(await before(), 35, "stop").admitted).toBe(false);
      expect(
        serving([...failed, await verdict("contract", "pass", { policy: SECOND, minute: 25 })], 30, "stop")
          .admitted,
      ).toBe(true);
    });

    it("stops for no doubt that people accepted under this version, whatever ended their approval later", async () => {
      const edited = { boundDigests: { ...BOUND, card: `sha256:${hex("9")}` } };
      const serving = (evidence: unknown[]) =>
        asked(evidence, 40, { ...inForce("stop"), ...edited, asOfApproval: true }).admitted;
      const again = await verdict("contract", "indeterminate", { policy: SECOND, minute: 30 });
      const doubtful = [...(await before()), await judged("indeterminate"), again];
      const approvedAt = (minute: number) => review("approve", { environment: "staging", minute });
      expect(serving([...doubtful, await approvedAt(14)])).toBe(true);
      expect(serving([...doubtful, await approvedAt(5)])).toBe(false);
      expect(serving(doubtful)).toBe(false);
      const failed = await verdict("contract", "fail", { policy: SECOND, minute: 31 });
      expect(serving([...doubtful, await approvedAt(14), failed])).toBe(false);
    });

    it("believes no unsigned or foreign word about it", async () => {
      const foreign = await verdict("contract", "pass", { policy: SECOND, minute: 12, by: stranger });
      expect(asked([...(await before()), foreign], 30).admitted).toBe(false);
    });
  });
});
