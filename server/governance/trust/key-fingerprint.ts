import { createHash, createPublicKey } from "node:crypto";

const CURVE = "nistp256";

/** A length in four bytes, then the bytes: how SSH writes each field of a key. */
function field(bytes: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/**
 * `SHA256:` and the unpadded base64 digest of a P-256 public key in SSH's wire form, as `ssh-keygen -l` prints it. Go's DSSE library,
 * and with it cosign and slsa-verifier, skips a signature that names its key in any other way.
 * @throws Error when the key is not an ECDSA P-256 key.
 */
export function keyFingerprint(publicKeyPem: string): string {
  const key = createPublicKey(publicKeyPem);
  if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1") throw new Error("not an ECDSA P-256 key");
  // The uncompressed point is the end of the SPKI structure.
  const point = key.export({ type: "spki", format: "der" }).subarray(-65);
  const wire = [Buffer.from(`ecdsa-sha2-${CURVE}`), Buffer.from(CURVE), point].map(field);
  const digest = createHash("sha256").update(Buffer.concat(wire)).digest("base64");
  return `SHA256:${digest.replace(/=+$/, "")}`;
}
