import { execFile } from "node:child_process";
import { createPublicKey } from "node:crypto";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLocalSigners } from "../../adapters/signer";
import * as trust from "./index";
import { everyByteChanged, flipEach, type Changed } from "./testing/changes";
import { ORIGIN, PREDICATES, sampleBundle } from "./testing/sample";
import {
  cosignAnswer,
  foreignPrograms,
  goAnswers,
  sigstore3Answer,
  sigstoreAnswer,
  type Programs,
} from "./testing/verifiers";

type Signers = Awaited<ReturnType<typeof openLocalSigners>>;

const SUBJECT = { name: "churn v3", sha256: "a".repeat(64) };
const KINDS = Object.values(trust.PREDICATE_TYPES);

let programs: Programs;
let folder: string;
let signers: Signers;
let others: Signers;

beforeAll(async () => {
  programs = await foreignPrograms();
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "mw-foreign-"));
  signers = await openLocalSigners(path.join(folder, "keys"));
  others = await openLocalSigners(path.join(folder, "other-keys"));
});
afterAll(() => fs.rm(folder, { recursive: true, force: true }));

const rootOf = ({ log }: Signers) =>
  trust.buildTrustedRoot(ORIGIN, [{ publicKeyPem: log.publicKeyPem, validFrom: new Date(0) }]);
const verifierKeyOf = ({ log }: Signers) => trust.verifierKeyText(ORIGIN, log.rawPublicKey);

const bySigstore = (bundle: unknown) =>
  sigstoreAnswer(bundle, rootOf(signers), signers.attestation.publicKeyPem);

const goRequest = (bundle: unknown, key = signers.attestation.publicKeyPem, log = signers) => ({
  bundle,
  publicKey: key,
  verifierKeys: [verifierKeyOf(log)],
});

const byCosign = (
  bundle: unknown,
  predicateType: string,
  trusted: { key?: string; log?: Signers; sha256?: string } = {},
) =>
  cosignAnswer(programs, folder, {
    bundle,
    predicateType,
    publicKeyPem: trusted.key ?? signers.attestation.publicKeyPem,
    trustedRoot: rootOf(trusted.log ?? signers),
    sha256: trusted.sha256 ?? SUBJECT.sha256,
  });

/** Some changes of each part, evenly spread: cosign is a process for each look. */
function someOf(changes: readonly Changed[]): Changed[] {
  const parts = new Map<string, Changed[]>();
  for (const change of changes) parts.set(change.part, [...(parts.get(change.part) ?? []), change]);
  return [...parts.values()].flatMap((all) =>
    all.filter((_, at) => at === all.length - 1 || at % Math.ceil(all.length / 8) === 0),
  );
}

/** The attestor's public key with bytes of its point changed. */
function keysChanged(): string[] {
  const der = createPublicKey(signers.attestation.publicKeyPem).export({ type: "spki", format: "der" });
  return flipEach(der.toString("base64"))
    .slice(-64)
    .map((text) => `-----BEGIN PUBLIC KEY-----\n${text}\n-----END PUBLIC KEY-----\n`);
}

it("cannot run without the programs, and says how to get them", async () => {
  const script = path.resolve(import.meta.dirname, "../../../scripts/setup-verifiers.sh");
  const empty = { env: { ...process.env, XDG_CACHE_HOME: path.join(folder, "nothing") } };
  await expect(promisify(execFile)("bash", [script, "--paths"], empty)).rejects.toThrow(
    /cosign is missing\. Run: bash scripts\/setup-system\.sh/,
  );
});

it("has a sample of each kind of statement", () => {
  expect(Object.keys(PREDICATES).toSorted()).toEqual(KINDS.toSorted());
});

describe.each(KINDS)("a bundle of %s", (kind) => {
  let bundle: trust.SigstoreBundle;
  let changes: Changed[];
  beforeAll(async () => {
    ({ bundle } = await sampleBundle(signers, kind, SUBJECT));
    changes = everyByteChanged(bundle);
  });

  it("is accepted by cosign, by Sigstore's JavaScript and by Go's own packages", async () => {
    expect(await byCosign(bundle, kind)).toMatchObject({ ok: true });
    expect(bySigstore(bundle)).toMatchObject({ ok: true });
    expect(await goAnswers(programs, [goRequest(bundle)])).toEqual([{ ok: true, reason: "ok" }]);
  });

  it("is accepted although it was stored with the key id of former releases", async () => {
    const old = {
      ...bundle.dsseEnvelope,
      signatures: bundle.dsseEnvelope.signatures.map((one) => ({ ...one, keyid: signers.attestation.keyId })),
    };
    const refused = { ...bundle, dsseEnvelope: old };
    expect(await byCosign(refused, kind)).toMatchObject({ ok: false });
    const given = trust.publishedEnvelope(old, signers.attestation.publicKeyPem);
    expect(await byCosign({ ...bundle, dsseEnvelope: given }, kind)).toMatchObject({ ok: true });
  });

  it("is refused by the JavaScript verifier and by Go after any one byte changes", async () => {
    expect(changes.length).toBeGreaterThan(1_000);
    expect(changes.filter((one) => bySigstore(one.bundle).ok).map(({ part }) => part)).toEqual([]);
    const answers = await goAnswers(
      programs,
      changes.map((one) => goRequest(one.bundle)),
    );
    expect(changes.filter((_, at) => answers[at]?.ok).map(({ part }) => part)).toEqual([]);
  });

  it("is refused by cosign after a byte of any part that it reads changes", async () => {
    // It never reads the log entry: it makes the entry anew from signature, key and payload.
    const read = someOf(changes).filter(({ part }) => part !== "log entry");
    expect(read.length).toBeGreaterThanOrEqual(35);
    for (const { part, bundle: other } of read)
      expect(await byCosign(other, kind), part).toMatchObject({ ok: false });
  });

  it("is refused by all under another key, another log and, by cosign, about another subject or kind", async () => {
    const { publicKeyPem } = others.attestation;
    expect(await byCosign(bundle, kind, { key: publicKeyPem })).toMatchObject({ ok: false });
    expect(await byCosign(bundle, kind, { log: others })).toMatchObject({ ok: false });
    expect(await byCosign(bundle, kind, { sha256: "c".repeat(64) })).toMatchObject({ ok: false });
    expect(await byCosign(bundle, "https://example.org/other/v1")).toMatchObject({ ok: false });
    expect(sigstoreAnswer(bundle, rootOf(signers), publicKeyPem)).toMatchObject({ ok: false });
    expect(sigstoreAnswer(bundle, rootOf(others), signers.attestation.publicKeyPem)).toMatchObject({
      ok: false,
    });
    const keys = [...keysChanged(), publicKeyPem];
    expect(keys.filter((key) => sigstoreAnswer(bundle, rootOf(signers), key).ok)).toEqual([]);
    const asked = keys.map((key) => goRequest(bundle, key));
    const answers = await goAnswers(programs, [...asked, goRequest(bundle, undefined, others)]);
    expect(answers.filter(({ ok }) => ok)).toEqual([]);
  });

  it("is accepted by release 3 of Sigstore's JavaScript in the form without a log entry alone", () => {
    const { publicKeyPem } = signers.attestation;
    // It compares what a log entry records with the digest of the payload; cosign with that of the signed bytes. No entry is both.
    expect(sigstore3Answer(bundle, rootOf(signers), publicKeyPem, 1).reason).toContain("digest mismatch");
    const alone = trust.buildSignatureBundle(bundle.dsseEnvelope, publicKeyPem);
    const answer = (candidate: unknown, key = publicKeyPem) =>
      sigstore3Answer(candidate, rootOf(signers), key, 0);
    expect(answer(alone)).toMatchObject({ ok: true });
    const signed = changes.filter(({ part }) => ["payload", "payload type", "signature"].includes(part));
    const accepted = signed.filter(
      (one) => answer(trust.buildSignatureBundle(one.bundle.dsseEnvelope, publicKeyPem)).ok,
    );
    expect(accepted.map(({ part }) => part)).toEqual([]);
    expect(keysChanged().filter((key) => answer(alone, key).ok)).toEqual([]);
  });
});
