import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { z } from "zod";
import { afterAll, beforeAll, expect, it } from "vitest";
import { revokeKey, rotateKey, type KeyPurpose } from "@/server/adapters/signer";
import { env } from "@/server/core/env";
import { newId } from "@/server/core/ids";
import {
  getAttestation,
  getBundle,
  verifyAttestation,
} from "@/server/governance/attestations/read-attestations";
import { evaluateGates } from "@/server/governance/gates/evaluate-gates";
import { getConsistency } from "@/server/governance/log/read-log";
import { verifyLog } from "@/server/governance/log/verify-log";
import { createWorld, goodEvidence, type Person, type World } from "@/server/governance/testing";
import { openCheckpoint, type SigstoreBundle } from "@/server/governance/trust";
import {
  cosignAnswer,
  foreignPrograms,
  goAnswers,
  sigstoreAnswer,
  type Programs,
} from "@/server/governance/trust/testing/verifiers";
import { createHttpApp } from "@/server/house/http-app";

const Time = z.iso.datetime().nullable();
const Published = z.object({
  verifierKey: z.string(),
  verifierKeys: z.array(z.string()),
  keys: z.array(
    z.object({
      keyId: z.string(),
      purpose: z.string(),
      status: z.string(),
      validFrom: Time,
      validUntil: Time,
      revokedAt: Time,
    }),
  ),
  trustedRoot: z.object({ tlogs: z.array(z.unknown()) }).loose(),
});
const SHA256 = "a".repeat(64);

let world: World;
let viewer: Person;
let folder: string;
let programs: Programs;
let app: ReturnType<typeof createHttpApp>;

beforeAll(async () => {
  programs = await foreignPrograms();
  world = await createWorld();
  viewer = await world.person("viewer");
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "mw-rotation-"));
  app = createHttpApp();
});
afterAll(async () => {
  await fs.rm(folder, { recursive: true, force: true });
  await world.close();
});

const keysFolder = () => path.join(env().home, "keys");
const rotate = (purpose: KeyPurpose) => rotateKey(keysFolder(), purpose, new Date());
const text = async (address: string) => (await app.request(`/log/${address}`)).text();
const published = async () => Published.parse(JSON.parse(await text("keys.json")));
const statuses = async () => (await published()).keys.map(({ purpose, status }) => `${purpose} ${status}`);

/** Six verdicts; the last one, as it is downloaded at this moment, with the key that its page names. */
async function judge() {
  const { verdicts } = await evaluateGates(world.system(), {
    subject: { kind: "version", id: newId("version"), digest: `sha256:${SHA256}`, name: "churn v1" },
    evidence: goodEvidence(),
    trigger: "registered",
    requestedBy: viewer.id,
  });
  const attestationId = verdicts.at(-1)?.attestationId ?? expect.fail("no attestation");
  return { attestationId, ...(await download(attestationId)) };
}

async function download(attestationId: string) {
  const bundle = await getBundle.execute(viewer.caller, { attestationId });
  const { keyId, predicateType } = await getAttestation.execute(viewer.caller, { attestationId });
  return { bundle, keyId, predicateType };
}
type Download = Awaited<ReturnType<typeof download>>;

/** What verifiers that are not ours say today, with the keys and the trusted root that are published today. */
async function outside({ bundle, keyId, predicateType }: Download) {
  const { trustedRoot, verifierKeys } = await published();
  const publicKeyPem = await text(`keys/${keyId}.pem`);
  const [go] = await goAnswers(programs, [{ bundle, publicKey: publicKeyPem, verifierKeys }]);
  const asked = { bundle, publicKeyPem, trustedRoot, predicateType, sha256: SHA256 };
  const answers = [
    await cosignAnswer(programs, folder, asked),
    sigstoreAnswer(bundle, trustedRoot, publicKeyPem),
    go,
  ];
  return answers.map((answer) => answer?.ok);
}
const ALL = [true, true, true];
const NONE = [false, false, false];
const noteOf = (bundle: SigstoreBundle) =>
  bundle.verificationMaterial.tlogEntries[0]?.inclusionProof.checkpoint.envelope ?? "";

it("keeps what every former key signed verifiable, until the key is revoked", async () => {
  const first = await judge();
  expect(await outside(first)).toEqual(ALL);
  expect(await statuses()).toEqual(["attestor current", "log current"]);

  await rotate("attestor");
  const second = await judge();
  expect(second.keyId).not.toBe(first.keyId);
  expect(await statuses()).toEqual(["attestor retired", "attestor current", "log current"]);
  for (const each of [first, second, await download(first.attestationId)])
    expect(await outside(each)).toEqual(ALL);
  expect(
    await verifyAttestation.execute(viewer.caller, { attestationId: first.attestationId }),
  ).toMatchObject({ ok: true });

  const before = await published();
  await rotate("log");
  const after = await published();
  expect(after.verifierKeys).toEqual([after.verifierKey, before.verifierKey]);
  expect(after.trustedRoot.tlogs).toHaveLength(2);
  // Nothing was added yet, and the same tree is signed by the new key already.
  const resigned = await text("checkpoint");
  expect(openCheckpoint(resigned, after.verifierKey)).toMatchObject({ size: 12 });
  expect(openCheckpoint(resigned, before.verifierKey)).toBeUndefined();
  const third = await judge();
  // What was taken away earlier has a checkpoint of the former key; taken away anew, it has one of the present key.
  for (const each of [first, second, third, await download(first.attestationId)])
    expect(await outside(each)).toEqual(ALL);
  expect(await verifyLog.execute(viewer.caller, { checkpoint: noteOf(first.bundle) })).toMatchObject({
    ok: true,
    checked: 18,
  });
  const growth = {
    old: noteOf(first.bundle),
    new: await text("checkpoint"),
    proof: (await getConsistency.execute(viewer.caller, { from: 6, to: 18 })).proof.map((hash) =>
      Buffer.from(hash, "hex").toString("base64"),
    ),
  };
  const { verifierKeys, verifierKey } = after;
  const [whole, half] = await goAnswers(programs, [
    { ...growth, verifierKeys },
    { ...growth, verifierKeys: [verifierKey] },
  ]);
  expect(whole).toMatchObject({ ok: true });
  expect(half).toMatchObject({ ok: false });

  const formerLog = after.keys.find(({ purpose, status }) => purpose === "log" && status === "retired");
  await revokeKey(keysFolder(), formerLog?.keyId ?? "", "The disk was sold.", new Date());
  expect(await outside(first)).toEqual(NONE);
  expect(await outside(await download(first.attestationId))).toEqual(ALL);

  await revokeKey(keysFolder(), first.keyId, "The laptop was stolen.", new Date());
  expect((await published()).keys.find(({ keyId }) => keyId === first.keyId)).toMatchObject({
    status: "revoked",
    validUntil: expect.any(String),
    revokedAt: expect.any(String),
  });
  const verdict = await verifyAttestation.execute(viewer.caller, { attestationId: first.attestationId });
  expect(verdict.ok).toBe(false);
  expect(verdict.checks.at(-1)?.detail).toContain("The laptop was stolen.");
  expect(
    await verifyAttestation.execute(viewer.caller, { attestationId: second.attestationId }),
  ).toMatchObject({ ok: true });
});
