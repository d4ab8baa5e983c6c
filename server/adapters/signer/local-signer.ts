import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from "node:crypto";
import type { KeyObject } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../core/errors";
import { FORMER_KEYS_FILE, readFormerKeys } from "./former-keys";
import type { FormerKey, KeyPurpose, KeyRing, LogSigner, Signer } from "./port";

export const ATTESTATION_KEY_FILE = "attestation-p256.pem";
export const LOG_KEY_FILE = "log-ed25519.pem";

export const keyFileOf = (purpose: KeyPurpose): string =>
  purpose === "attestor" ? ATTESTATION_KEY_FILE : LOG_KEY_FILE;

/** Lower-case hex SHA-256 of a public key's SPKI DER. */
export function keyIdOf(publicKey: KeyObject): string {
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
}

/** The 32 bytes of an Ed25519 public key, which are the end of its SPKI structure. */
export const rawEd25519 = (publicKeyPem: string): Uint8Array =>
  new Uint8Array(createPublicKey(publicKeyPem).export({ type: "spki", format: "der" }).subarray(-32));

/**
 * Signers whose keys live in `folder` as PKCS#8 PEM. Missing keys are made once; processes that race agree on
 * the key whose link landed first.
 * @throws AppError when a key file is unreadable, open to other users or of the wrong kind.
 */
export async function openLocalSigners(folder: string): Promise<{ attestation: Signer; log: LogSigner }> {
  await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  const [attestation, log] = await Promise.all([
    loadOrCreate(path.join(folder, ATTESTATION_KEY_FILE), "ec"),
    loadOrCreate(path.join(folder, LOG_KEY_FILE), "ed25519"),
  ]);
  return { attestation: attestationSigner(attestation), log: logSigner(log) };
}

/** The signers with the keys that signed before them. @throws AppError as `openLocalSigners`, and when the list of former keys is damaged. */
export async function openKeyRing(folder: string): Promise<KeyRing> {
  const former = await readFormerKeys(folder);
  const signers = await openLocalSigners(folder);
  const signing = new Set([signers.attestation.keyId, signers.log.keyId]);
  return { ...signers, former: former.filter(({ keyId }) => !signing.has(keyId)) };
}

/** Changes whenever a file of the ring does. */
export async function keyRingStamp(folder: string): Promise<string> {
  const files = [ATTESTATION_KEY_FILE, LOG_KEY_FILE, FORMER_KEYS_FILE].map((name) => path.join(folder, name));
  const stats = await Promise.all(files.map((file) => statOf(file)));
  return stats.map((stat) => (stat ? `${stat.ino}:${stat.mtimeMs}:${stat.size}` : "none")).join(" ");
}

/** SPKI PEM texts of the keys whose attestations count: the one that signs, and former ones that were not revoked. */
export const trustedAttestors = (ring: KeyRing): string[] => [
  ring.attestation.publicKeyPem,
  ...trustedFormer(ring, "attestor").map((key) => key.publicKeyPem),
];

export const trustedFormer = (ring: Pick<KeyRing, "former">, purpose: KeyPurpose): FormerKey[] =>
  ring.former.filter((key) => key.purpose === purpose && key.revokedAt === undefined);

function attestationSigner(privateKey: KeyObject): Signer {
  const publicKey = createPublicKey(privateKey);
  return {
    keyId: keyIdOf(publicKey),
    algorithm: "ecdsa-p256-sha256",
    publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
    sign: async (bytes) => sign("sha256", bytes, { key: privateKey, dsaEncoding: "der" }),
  };
}

function logSigner(privateKey: KeyObject): LogSigner {
  const publicKey = createPublicKey(privateKey);
  const publicKeyPem = publicKey.export({ type: "spki", format: "pem" }).toString();
  return {
    keyId: keyIdOf(publicKey),
    algorithm: "ed25519",
    publicKeyPem,
    rawPublicKey: rawEd25519(publicKeyPem),
    sign: async (bytes) => sign(null, bytes, privateKey),
  };
}

async function loadOrCreate(file: string, type: "ec" | "ed25519"): Promise<KeyObject> {
  if ((await statOf(file)) === undefined) await createOnce(file, type);
  return load(file, type);
}

async function load(file: string, type: "ec" | "ed25519"): Promise<KeyObject> {
  const stat = await fs.stat(file);
  if (process.platform !== "win32" && (stat.mode & 0o077) !== 0) {
    throw keyError(file, "can be read by other users", `Run: chmod 600 ${file}`);
  }
  const key = parseKey(file, await fs.readFile(file));
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (key.asymmetricKeyType !== type || (type === "ec" && curve !== "prime256v1")) {
    throw keyError(file, `is not ${type === "ec" ? "an ECDSA P-256" : "an Ed25519"} key`);
  }
  return key;
}

function parseKey(file: string, pem: Buffer): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw keyError(file, "is not a private key in PEM form");
  }
}

export function newPrivateKeyPem(purpose: KeyPurpose): string {
  const { privateKey } =
    purpose === "attestor"
      ? generateKeyPairSync("ec", { namedCurve: "prime256v1" })
      : generateKeyPairSync("ed25519");
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** Writes a whole file beside the target, then links it: a reader never sees half a key and the first link wins. */
async function createOnce(file: string, type: "ec" | "ed25519"): Promise<void> {
  const temporary = `${file}.${process.pid}.${randomBytes(6).toString("hex")}`;
  const handle = await fs.open(/* turbopackIgnore: true */ temporary, "wx", 0o600);
  try {
    await handle.writeFile(newPrivateKeyPem(type === "ec" ? "attestor" : "log"));
    await handle.sync();
    await handle.close();
    await fs.link(temporary, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  } finally {
    await handle.close().catch(() => undefined);
    await fs.rm(temporary, { force: true });
  }
}

const statOf = (file: string) =>
  fs.stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });

const keyError = (file: string, problem: string, hint = "Restore the key file from your backup.") =>
  new AppError("unavailable", `The signing key ${path.basename(file)} ${problem}.`, { hint });
