import { execFile } from "node:child_process";
import { createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLocalSigners } from "../../adapters/signer";
import type { LogSigner, Signer } from "../../adapters/signer";
import * as trust from "./index";
import { sha256, toHex, utf8 } from "./bytes";

const run = promisify(execFile);
const ORIGIN = "log.modelworks.example";
const ARTIFACT = utf8("the model's bytes");

let folder: string;
let attestation: Signer;
let log: LogSigner;
let bundle: trust.SigstoreBundle;
let proofText: string;

beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "mw-trust-"));
  ({ attestation, log } = await openLocalSigners(path.join(folder, "keys")));
  const statement = trust.buildStatement(
    [{ name: "it's model.onnx", sha256: toHex(sha256(ARTIFACT)) }],
    trust.PREDICATE_TYPES.verificationSummary,
    {
      verifier: { id: "https://modelworks.dev/portal" },
      timeVerified: "2026-01-02T03:04:05Z",
      resourceUri: "modelworks:version/1",
      policy: { uri: "modelworks:policy/contract@1" },
      verificationResult: "PASSED",
      verifiedLevels: ["MODELWORKS_GATES_PASSED"],
    },
  );
  const envelope = await trust.signEnvelope(
    attestation,
    trust.IN_TOTO_PAYLOAD_TYPE,
    trust.encodeStatement(statement),
  );
  const store = new trust.MemoryNodeStore();
  const index = 5;
  const entry = trust.logEntryFor(envelope, attestation.publicKeyPem);
  for (let at = 0; at < 11; at += 1) {
    store.put(await trust.appendLeaf(store, at, trust.leafHash(at === index ? entry : randomBytes(20))));
  }
  const rootHash = await trust.treeRoot(store, 11);
  const proof = await trust.inclusionProof(store, index, 11);
  const checkpoint = await trust.signCheckpoint({ origin: ORIGIN, size: 11, rootHash }, log);
  bundle = trust.buildBundle({
    envelope,
    publicKeyPem: attestation.publicKeyPem,
    logName: ORIGIN,
    logRawPublicKey: log.rawPublicKey,
    inclusion: { index, size: 11, rootHash, proof, checkpoint },
  });
  proofText = trust.encodeTlogProof({ index, proof, checkpoint });
});
afterAll(() => fs.rm(folder, { recursive: true, force: true }));

/** The Sigstore project's own verifier, told to demand the log entry. */
function sigstoreAccepts(candidate: unknown): boolean {
  const root = TrustedRoot.fromJSON(trust.buildTrustedRoot(ORIGIN, log, new Date(0)));
  const material = toTrustMaterial(root, () => ({
    publicKey: createPublicKey(attestation.publicKeyPem),
    validFor: () => true,
  }));
  try {
    new Verifier(material, { tlogThreshold: 1, ctlogThreshold: 0, timestampThreshold: 0 }).verify(
      toSignedEntity(bundleFromJSON(candidate)),
    );
    return true;
  } catch {
    return false;
  }
}
const weAccept = (candidate: unknown) =>
  trust.verifyBundle(candidate, {
    publicKeyPem: attestation.publicKeyPem,
    logVerifierKey: trust.verifierKeyText(ORIGIN, log.rawPublicKey),
    payloadTypes: [trust.IN_TOTO_PAYLOAD_TYPE],
  }).ok;

const flipEach = (text: string): string[] => {
  const bytes = Buffer.from(text, "base64");
  return [...bytes.keys()].map((at) =>
    Buffer.from(bytes.map((byte, other) => (other === at ? byte ^ 1 : byte))).toString("base64"),
  );
};
function changed(edit: (copy: trust.SigstoreBundle) => void): trust.SigstoreBundle {
  const copy = structuredClone(bundle);
  edit(copy);
  return copy;
}
const entryOf = (one: trust.SigstoreBundle) => {
  const [entry] = one.verificationMaterial.tlogEntries;
  if (entry === undefined) throw new Error("no entry");
  return entry;
};
const signatureOf = (one: trust.SigstoreBundle) => {
  const [signature] = one.dsseEnvelope.signatures;
  if (signature === undefined) throw new Error("no signature");
  return signature;
};

describe("our bundle", () => {
  it("is accepted by sigstore's verifier and by ours", () => {
    expect(sigstoreAccepts(bundle)).toBe(true);
    expect(weAccept(bundle)).toBe(true);
  });

  it("is refused by both after any one byte changes", () => {
    const candidates: trust.SigstoreBundle[] = [
      ...flipEach(bundle.dsseEnvelope.payload).map((payload) =>
        changed((copy) => void (copy.dsseEnvelope.payload = payload)),
      ),
      ...flipEach(signatureOf(bundle).sig).map((sig) =>
        changed((copy) => void (signatureOf(copy).sig = sig)),
      ),
      ...flipEach(entryOf(bundle).canonicalizedBody).map((body) =>
        changed((copy) => void (entryOf(copy).canonicalizedBody = body)),
      ),
      ...Array.from(trust.IN_TOTO_PAYLOAD_TYPE, (_, at) =>
        changed((copy) => void (copy.dsseEnvelope.payloadType = replaceAt(trust.IN_TOTO_PAYLOAD_TYPE, at))),
      ),
      ...entryOf(bundle).inclusionProof.hashes.flatMap((hash, at) =>
        flipEach(hash).map((other) =>
          changed((copy) => void (entryOf(copy).inclusionProof.hashes[at] = other)),
        ),
      ),
      ...checkpointMutations(entryOf(bundle).inclusionProof.checkpoint.envelope).map((envelope) =>
        changed((copy) => void (entryOf(copy).inclusionProof.checkpoint.envelope = envelope)),
      ),
    ];
    expect(candidates.length).toBeGreaterThan(1000);
    expect(candidates.filter(weAccept)).toEqual([]);
    expect(candidates.filter(sigstoreAccepts)).toEqual([]);
  });

  it("is refused by ours when the proof's own fields, the hint or the number of signatures are wrong", () => {
    const root = flipEach(entryOf(bundle).inclusionProof.rootHash)[0] ?? "";
    expect(weAccept(changed((copy) => void (entryOf(copy).inclusionProof.rootHash = root)))).toBe(false);
    expect(weAccept(changed((copy) => void (entryOf(copy).inclusionProof.treeSize = "12")))).toBe(false);
    expect(weAccept(changed((copy) => void (entryOf(copy).inclusionProof.logIndex = "4")))).toBe(false);
    expect(weAccept(changed((copy) => void (entryOf(copy).logIndex = "4")))).toBe(false);
    expect(weAccept(changed((copy) => void (copy.verificationMaterial.publicKey.hint = "x")))).toBe(false);
    expect(weAccept(changed((copy) => void copy.dsseEnvelope.signatures.push(signatureOf(copy))))).toBe(
      false,
    );
    expect(weAccept(changed((copy) => void copy.verificationMaterial.tlogEntries.pop()))).toBe(false);
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
  const name = "it's model.onnx";
  const command = () =>
    trust.opensslVerifyCommand({
      bundleFile: "the bundle.json",
      publicKeyFile: "key.pem",
      artifactFile: name,
    });
  beforeAll(async () => {
    await fs.writeFile(path.join(folder, "key.pem"), attestation.publicKeyPem);
    await fs.writeFile(path.join(folder, name), ARTIFACT);
  });
  const write = (content: unknown, indent?: number) =>
    fs.writeFile(path.join(folder, "the bundle.json"), JSON.stringify(content, null, indent));

  it.each([undefined, 2])("verifies the download (indent %s)", async (indent) => {
    await write(bundle, indent);
    for (const shell of ["bash", "sh"]) {
      const { stdout } = await run(shell, ["-c", command()], { cwd: folder });
      expect(stdout).toContain("Verified OK");
      expect(stdout).toContain(`Digest matches: ${toHex(sha256(ARTIFACT))}`);
    }
  });

  it("fails on a changed payload and on another artifact", async () => {
    await write(
      changed((copy) => void (copy.dsseEnvelope.payload = flipEach(copy.dsseEnvelope.payload)[40] ?? "")),
    );
    await expect(run("sh", ["-c", command()], { cwd: folder })).rejects.toMatchObject({ code: 1 });
    await write(bundle);
    await fs.writeFile(path.join(folder, name), "other bytes");
    await expect(run("sh", ["-c", command()], { cwd: folder })).rejects.toMatchObject({ code: 1 });
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

const replaceAt = (text: string, at: number) =>
  text.slice(0, at) + String.fromCodePoint((text.codePointAt(at) ?? 0) ^ 1) + text.slice(at + 1);

/** Text bytes one by one; the signature by its decoded bytes, as base64 has spare bits. */
function checkpointMutations(note: string): string[] {
  const split = note.indexOf("\n\n");
  const text = Array.from({ length: split }, (_, at) => replaceAt(note, at));
  const [, name = "", blob = ""] = /^\u2014 (\S+) (\S+)$/m.exec(note) ?? [];
  return [...text, ...flipEach(blob).map((other) => `${note.slice(0, split + 2)}\u2014 ${name} ${other}\n`)];
}
