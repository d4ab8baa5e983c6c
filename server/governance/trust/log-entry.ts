import { createPublicKey } from "node:crypto";
import { z } from "zod";
import { fromBase64, sha256, toBase64, utf8 } from "./bytes";
import { preAuthEncoding } from "./dsse";
import type { DsseEnvelope } from "./dsse";

export const ENTRY_KIND = "hashedrekord";
export const ENTRY_VERSION = "0.0.2";

/**
 * The log leaf of an attestation: a Rekor v2 hashedrekord over SHA-256 of the envelope's pre-authentication encoding.
 * The key order is the canonical one; verifiers rebuild these bytes and hash them, so no byte may differ.
 * @throws Error when the envelope does not carry exactly one signature.
 */
export function logEntryFor(envelope: DsseEnvelope, publicKeyPem: string): Uint8Array {
  const [signature, ...others] = envelope.signatures;
  const payload = fromBase64(envelope.payload);
  const content = signature === undefined ? undefined : fromBase64(signature.sig);
  if (content === undefined || others.length > 0 || payload === undefined) {
    throw new Error("a logged envelope has exactly one signature");
  }
  const rawBytes = createPublicKey(publicKeyPem).export({ type: "spki", format: "der" });
  const entry = {
    apiVersion: ENTRY_VERSION,
    kind: ENTRY_KIND,
    spec: {
      hashedRekordV002: {
        data: {
          algorithm: "SHA2_256",
          digest: toBase64(sha256(preAuthEncoding(envelope.payloadType, payload))),
        },
        signature: {
          content: toBase64(content),
          verifier: {
            keyDetails: "PKIX_ECDSA_P256_SHA_256",
            publicKey: { rawBytes: toBase64(rawBytes) },
          },
        },
      },
    },
  };
  return utf8(JSON.stringify(entry));
}

const Entry = z.strictObject({
  apiVersion: z.literal(ENTRY_VERSION),
  kind: z.literal(ENTRY_KIND),
  spec: z.strictObject({ hashedRekordV002: z.object({ data: z.object({ digest: z.string() }) }) }),
});

/** Base64 SHA-256 that an entry records, or `undefined` when the bytes are not such an entry. */
export function loggedDigest(entry: Uint8Array): string | undefined {
  try {
    const parsed = Entry.safeParse(JSON.parse(Buffer.from(entry).toString("utf8")));
    return parsed.success ? parsed.data.spec.hashedRekordV002.data.digest : undefined;
  } catch {
    return undefined;
  }
}
