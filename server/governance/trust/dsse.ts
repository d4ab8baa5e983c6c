import { createPublicKey, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { z } from "zod";
import type { Signer } from "../../adapters/signer/port";
import { keyIdOf } from "../../adapters/signer/local-signer";
import { fromBase64, toBase64, utf8 } from "./bytes";
import { keyFingerprint } from "./key-fingerprint";

export const IN_TOTO_PAYLOAD_TYPE = "application/vnd.in-toto+json";

export const DsseEnvelope = z.object({
  payload: z.string(),
  payloadType: z.string(),
  signatures: z.array(z.object({ sig: z.string(), keyid: z.string().optional() })).min(1),
});
export type DsseEnvelope = z.infer<typeof DsseEnvelope>;

/** Pre-authentication encoding of DSSE 1.0.2: the exact bytes that are signed. Lengths are in bytes. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = utf8(payloadType);
  return new Uint8Array(
    Buffer.concat([utf8(`DSSEv1 ${type.length} `), type, utf8(` ${payload.length} `), payload]),
  );
}

/** Signs one payload with one key. */
export async function signEnvelope(
  signer: Signer,
  payloadType: string,
  payload: Uint8Array,
): Promise<DsseEnvelope> {
  const signature = await signer.sign(preAuthEncoding(payloadType, payload));
  return {
    payload: toBase64(payload),
    payloadType,
    signatures: [{ sig: toBase64(signature), keyid: keyFingerprint(signer.publicKeyPem) }],
  };
}

/**
 * An envelope with one signature as it leaves the house. The key's name is covered neither by the signature nor by the log entry, so
 * that what was stored under another form of it can be given out in the one that outside verifiers take.
 * @throws Error when the envelope has another number of signatures.
 */
export function publishedEnvelope(envelope: DsseEnvelope, publicKeyPem: string): DsseEnvelope {
  const [signature, ...others] = envelope.signatures;
  if (signature === undefined || others.length > 0)
    throw new Error("a published envelope has exactly one signature");
  return { ...envelope, signatures: [{ sig: signature.sig, keyid: keyFingerprint(publicKeyPem) }] };
}

export type DsseVerification =
  | { ok: true; payload: Uint8Array; payloadType: string; keyIds: string[] }
  | { ok: false; reason: string };

export interface DsseTrust {
  /** SPKI PEM texts of the trusted keys. */
  publicKeysPem: readonly string[];
  acceptedPayloadTypes: readonly string[];
  /** How many different keys must have signed; 1 by default. */
  threshold?: number;
}

/**
 * Checks signatures before anything is parsed and returns exactly the bytes that were signed. `keyid` is ignored
 * for the decision: every trusted key is tried, and a key that signed twice counts once.
 */
export function verifyEnvelope(envelope: unknown, trust: DsseTrust): DsseVerification {
  const parsed = DsseEnvelope.safeParse(envelope);
  if (!parsed.success) return { ok: false, reason: "not a DSSE envelope" };
  const threshold = trust.threshold ?? 1;
  if (!Number.isInteger(threshold) || threshold < 1)
    return { ok: false, reason: "threshold must be at least 1" };
  const payload = fromBase64(parsed.data.payload);
  if (payload === undefined) return { ok: false, reason: "payload is not base64" };
  const encoded = preAuthEncoding(parsed.data.payloadType, payload);
  const keyIds = new Set<string>();
  const keys = trust.publicKeysPem.map((pem) => createPublicKey(pem));
  for (const { sig } of parsed.data.signatures) {
    const signature = fromBase64(sig);
    if (signature === undefined) return { ok: false, reason: "a signature is not base64" };
    for (const key of keys) if (verifyBytes(key, encoded, signature)) keyIds.add(keyIdOf(key));
  }
  if (keyIds.size < threshold) {
    return { ok: false, reason: `${keyIds.size} of ${threshold} required keys signed this` };
  }
  if (!trust.acceptedPayloadTypes.includes(parsed.data.payloadType)) {
    return { ok: false, reason: `payload type ${parsed.data.payloadType} is not accepted` };
  }
  return { ok: true, payload, payloadType: parsed.data.payloadType, keyIds: [...keyIds] };
}

/** DER ECDSA over SHA-256, or pure Ed25519, by the kind of the key. */
export function verifyBytes(key: KeyObject, bytes: Uint8Array, signature: Uint8Array): boolean {
  return key.asymmetricKeyType === "ed25519"
    ? verify(null, bytes, key, signature)
    : verify("sha256", bytes, { key, dsaEncoding: "der" }, signature);
}
