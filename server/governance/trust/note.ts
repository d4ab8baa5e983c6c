import { createPublicKey, verify } from "node:crypto";
import type { LogSigner } from "../../adapters/signer/port";
import { equalBytes, fromBase64, sha256, toBase64, toHex, utf8 } from "./bytes";

const ED25519_TYPE = 0x01;
const SIGNATURE_LINE = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/;
/** SPKI DER prefix of an Ed25519 public key (RFC 8410); the 32 key bytes follow. */
const ED25519_SPKI = Buffer.from("302a300506032b6570032100", "hex");

/** C2SP signed note: SHA-256(name, newline, type byte, key). Its first four bytes are the key id. */
export const noteKeyHash = (name: string, rawPublicKey: Uint8Array): Uint8Array =>
  sha256(utf8(`${name}\n`), new Uint8Array([ED25519_TYPE]), rawPublicKey);

/** The verifier key text that note tools take: name, hex id and key joined by plus signs. */
export function verifierKeyText(name: string, rawPublicKey: Uint8Array): string {
  checkName(name);
  const id = toHex(noteKeyHash(name, rawPublicKey).subarray(0, 4));
  return `${name}+${id}+${toBase64(new Uint8Array([ED25519_TYPE, ...rawPublicKey]))}`;
}

/** @throws Error when the text is not an Ed25519 verifier key whose id matches. */
export function parseVerifierKey(text: string): { name: string; rawPublicKey: Uint8Array } {
  const [name = "", id = "", ...rest] = text.split("+");
  const key = fromBase64(rest.join("+"));
  if (key === undefined || key.length !== 33 || key[0] !== ED25519_TYPE)
    throw new Error("not an Ed25519 verifier key");
  const rawPublicKey = key.subarray(1);
  checkName(name);
  if (toHex(noteKeyHash(name, rawPublicKey).subarray(0, 4)) !== id)
    throw new Error("the verifier key's id is wrong");
  return { name, rawPublicKey };
}

/** Signs `text` (which must end in a newline) under `name`. */
export async function signNote(text: string, name: string, signer: LogSigner): Promise<string> {
  checkName(name);
  if (!text.endsWith("\n")) throw new Error("a note must end in a newline");
  const signature = await signer.sign(utf8(text));
  const id = noteKeyHash(name, signer.rawPublicKey).subarray(0, 4);
  return `${text}\n\u2014 ${name} ${toBase64(new Uint8Array([...id, ...signature]))}\n`;
}

/** The note's text when the named key signed it; unknown keys are ignored, a bad signature by this key is not. */
export function openNote(note: string, verifierKey: string): string | undefined {
  const { name, rawPublicKey } = parseVerifierKey(verifierKey);
  const split = note.lastIndexOf("\n\n");
  if (split < 0 || !note.endsWith("\n")) return undefined;
  const text = note.slice(0, split + 1);
  const lines = note.slice(split + 2, -1).split("\n");
  if (lines.length > 64) return undefined;
  const id = noteKeyHash(name, rawPublicKey).subarray(0, 4);
  const key = createPublicKey({
    key: Buffer.concat([ED25519_SPKI, rawPublicKey]),
    format: "der",
    type: "spki",
  });
  let verified = false;
  for (const line of lines) {
    const match = SIGNATURE_LINE.exec(line);
    const blob = match === null ? undefined : fromBase64(match[2] ?? "");
    if (match === null || blob === undefined || blob.length < 5) return undefined;
    if (match[1] !== name || !equalBytes(blob.subarray(0, 4), id)) continue;
    if (!verify(null, utf8(text), key, blob.subarray(4))) return undefined;
    verified = true;
  }
  return verified ? text : undefined;
}

export interface Checkpoint {
  origin: string;
  size: number;
  rootHash: Uint8Array;
}

/** The three lines of a C2SP checkpoint, before signing. */
export const checkpointText = ({ origin, size, rootHash }: Checkpoint): string =>
  `${origin}\n${size}\n${toBase64(rootHash)}\n`;

/** Signs a checkpoint; the key name is the origin. */
export async function signCheckpoint(checkpoint: Checkpoint, signer: LogSigner): Promise<string> {
  checkOrigin(checkpoint.origin);
  return signNote(checkpointText(checkpoint), checkpoint.origin, signer);
}

/** Verified origin, size and root of a signed checkpoint; `undefined` when anything is wrong with it. */
export function openCheckpoint(note: string, verifierKey: string): Checkpoint | undefined {
  const text = openNote(note, verifierKey);
  if (text === undefined) return undefined;
  const [origin = "", size = "", root = ""] = text.split("\n");
  const rootHash = fromBase64(root);
  if (origin !== parseVerifierKey(verifierKey).name || !/^(0|[1-9]\d*)$/.test(size)) return undefined;
  if (rootHash?.length !== 32 || !Number.isSafeInteger(Number(size))) return undefined;
  return { origin, size: Number(size), rootHash };
}

/** The checkpoint when any of the keys signed it; a log that rotated its key has several. */
export function openCheckpointBy(note: string, verifierKeys: readonly string[]): Checkpoint | undefined {
  for (const key of verifierKeys) {
    const opened = openCheckpoint(note, key);
    if (opened) return opened;
  }
  return undefined;
}

/** A log's origin is a bare host name: outside verifiers derive the note key's name from the host of its URL. */
export function checkOrigin(origin: string): void {
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(origin)) {
    throw new Error("a log origin must be a bare lower-case host name");
  }
}

function checkName(name: string): void {
  if (name === "" || /[\s+]/.test(name)) throw new Error("a note key name has no spaces and no plus signs");
}
