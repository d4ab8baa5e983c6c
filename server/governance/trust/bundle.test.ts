import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLocalSigners } from "../../adapters/signer";
import type { LogSigner, Signer } from "../../adapters/signer";
import * as trust from "./index";
import { sha256, toHex, utf8 } from "./bytes";
import { changed, entryOf, everyByteChanged, flipEach, signatureOf } from "./testing/changes";
import { ORIGIN, sampleBundle } from "./testing/sample";

const run = promisify(execFile);
const ARTIFACT = utf8("the model's bytes");

let folder: string;
let attestation: Signer;
let log: LogSigner;
let bundle: trust.SigstoreBundle;
let proofText: string;

beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "mw-trust-"));
  ({ attestation, log } = await openLocalSigners(path.join(folder, "keys")));
  const subject = { name: "model.onnx", sha256: toHex(sha256(ARTIFACT)) };
  ({ bundle, proofText } = await sampleBundle(
    { attestation, log },
    trust.PREDICATE_TYPES.verificationSummary,
    subject,
  ));
});
afterAll(() => fs.rm(folder, { recursive: true, force: true }));

const weAccept = (candidate: unknown) =>
  trust.verifyBundle(candidate, {
    publicKeyPem: attestation.publicKeyPem,
    logVerifierKey: trust.verifierKeyText(ORIGIN, log.rawPublicKey),
    payloadTypes: [trust.IN_TOTO_PAYLOAD_TYPE],
  }).ok;

describe("our bundle", () => {
  it("is accepted by our verifier, and refused after any one byte changes", () => {
    expect(weAccept(bundle)).toBe(true);
    const candidates = everyByteChanged(bundle);
    expect(candidates.length).toBeGreaterThan(1000);
    expect(candidates.filter((one) => weAccept(one.bundle)).map(({ part }) => part)).toEqual([]);
  });

  it("is still accepted in the form that former releases gave out", () => {
    const former = changed(bundle, (copy) => {
      signatureOf(copy).keyid = attestation.keyId;
      copy.verificationMaterial.publicKey.hint = attestation.keyId;
    });
    expect(weAccept(former)).toBe(true);
  });

  it("is refused by ours when the proof's own fields, the hint or the number of signatures are wrong", () => {
    const root = flipEach(entryOf(bundle).inclusionProof.rootHash)[0] ?? "";
    expect(weAccept(changed(bundle, (copy) => void (entryOf(copy).inclusionProof.rootHash = root)))).toBe(
      false,
    );
    expect(weAccept(changed(bundle, (copy) => void (entryOf(copy).inclusionProof.treeSize = "12")))).toBe(
      false,
    );
    expect(weAccept(changed(bundle, (copy) => void (entryOf(copy).inclusionProof.logIndex = "4")))).toBe(
      false,
    );
    expect(weAccept(changed(bundle, (copy) => void (entryOf(copy).logIndex = "4")))).toBe(false);
    expect(weAccept(changed(bundle, (copy) => void (copy.verificationMaterial.publicKey.hint = "x")))).toBe(
      false,
    );
    expect(
      weAccept(changed(bundle, (copy) => void copy.dsseEnvelope.signatures.push(signatureOf(copy)))),
    ).toBe(false);
    expect(weAccept(changed(bundle, (copy) => void copy.verificationMaterial.tlogEntries.pop()))).toBe(false);
  });

  it("yields an offline inclusion proof", () => {
    const leaf = trust.leafHash(Buffer.from(entryOf(bundle).canonicalizedBody, "base64"));
    const key = trust.verifierKeyText(ORIGIN, log.rawPublicKey);
    expect(trust.verifyTlogProof(proofText, leaf, key)).toBe(true);
    expect(trust.verifyTlogProof(proofText.replace("index 5", "index 4"), leaf, key)).toBe(false);
    expect(trust.verifyTlogProof(proofText, trust.leafHash(ARTIFACT), key)).toBe(false);
  });
});

describe("the copyable openssl command", () => {
  const command = (subjectDigest = `sha256:${toHex(sha256(ARTIFACT))}`) =>
    trust.opensslVerifyCommand({
      bundleFile: "it's the bundle.json",
      publicKeyFile: "key.pem",
      subjectDigest,
    });
  beforeAll(() => fs.writeFile(path.join(folder, "key.pem"), attestation.publicKeyPem));
  const write = (content: unknown, indent?: number) =>
    fs.writeFile(path.join(folder, "it's the bundle.json"), JSON.stringify(content, null, indent));

  it.each([undefined, 2])("verifies the download (indent %s)", async (indent) => {
    await write(bundle, indent);
    for (const shell of ["bash", "sh"]) {
      const { stdout } = await run(shell, ["-c", command()], { cwd: folder });
      expect(stdout).toContain("Verified OK");
      expect(stdout).toContain(`Digest matches: ${toHex(sha256(ARTIFACT))}`);
    }
  });

  it("fails on a changed payload and about another subject", async () => {
    await write(
      changed(
        bundle,
        (copy) => void (copy.dsseEnvelope.payload = flipEach(copy.dsseEnvelope.payload)[40] ?? ""),
      ),
    );
    await expect(run("sh", ["-c", command()], { cwd: folder })).rejects.toMatchObject({ code: 1 });
    await write(bundle);
    const other = command(`sha256:${"d".repeat(64)}`);
    await expect(run("sh", ["-c", other], { cwd: folder })).rejects.toMatchObject({ code: 1 });
  });
});

describe("local signers", () => {
  it("agree on one key when processes race, and keep it private", async () => {
    const keys = path.join(folder, "race");
    const ids = await Promise.all(
      Array.from({ length: 8 }, async () => (await openLocalSigners(keys)).attestation.keyId),
    );
    expect(new Set(ids).size).toBe(1);
    expect((await fs.stat(keys)).mode & 0o777).toBe(0o700);
    const files = await fs.readdir(keys);
    expect(files.toSorted()).toEqual(["attestation-p256.pem", "log-ed25519.pem"]);
    for (const file of files) expect((await fs.stat(path.join(keys, file))).mode & 0o777).toBe(0o600);
  });

  it("refuse a key that others can read and a key of the wrong kind", async () => {
    const keys = path.join(folder, "bad");
    await openLocalSigners(keys);
    await fs.chmod(path.join(keys, "log-ed25519.pem"), 0o644);
    await expect(openLocalSigners(keys)).rejects.toThrow("other users");
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "secp384r1" });
    await fs.chmod(path.join(keys, "log-ed25519.pem"), 0o600);
    await fs.writeFile(
      path.join(keys, "attestation-p256.pem"),
      privateKey.export({ type: "pkcs8", format: "pem" }),
    );
    await expect(openLocalSigners(keys)).rejects.toThrow("P-256");
  });
});
