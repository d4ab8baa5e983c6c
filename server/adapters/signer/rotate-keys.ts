import fs from "node:fs/promises";
import path from "node:path";
import { AppError, invalidField, notFound } from "../../core/errors";
import { readFormerKeys, replaceFile, writeFormerKeys } from "./former-keys";
import { keyFileOf, newPrivateKeyPem, openKeyRing } from "./local-signer";
import type { FormerKey, KeyPurpose } from "./port";

/** One change of the folder at a time. A lock that a dead process left behind is named, so that a person removes it. */
async function alone<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const lock = path.join(folder, ".changing-keys");
  try {
    await (await fs.open(/* turbopackIgnore: true */ lock, "wx", 0o600)).close();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    throw new AppError("conflict", "Another change of the signing keys is running.", {
      hint: `Wait until it ends. When none runs, remove ${lock}.`,
    });
  }
  try {
    return await work();
  } finally {
    await fs.rm(lock, { force: true });
  }
}

/** Since when the key that signs now does so: since its predecessor ended. The first was made on first use. */
export const signingSince = (former: readonly FormerKey[], purpose: KeyPurpose): Date | undefined =>
  former.findLast((key) => key.purpose === purpose)?.validUntil;

/**
 * Puts a new key in the place of the one that signs, whose public half is kept with the time in which it signed and whose private half is
 * gone. The list is written first: dying in between leaves the old key in use and listed, and the next rotation lists it once.
 */
export function rotateKey(folder: string, purpose: KeyPurpose, now: Date) {
  return alone(folder, async () => {
    const ring = await openKeyRing(folder);
    const { keyId, algorithm, publicKeyPem } = purpose === "attestor" ? ring.attestation : ring.log;
    const validFrom = signingSince(ring.former, purpose);
    const retired: FormerKey = {
      keyId,
      purpose,
      algorithm,
      publicKeyPem,
      validUntil: now,
      ...(validFrom ? { validFrom } : {}),
    };
    await writeFormerKeys(folder, [...ring.former, retired]);
    await replaceFile(path.join(folder, keyFileOf(purpose)), newPrivateKeyPem(purpose));
    const after = await openKeyRing(folder);
    return { retired, current: purpose === "attestor" ? after.attestation : after.log };
  });
}

/** Ends all trust in a former key. @throws AppError `not_found`, or `invalid` for a key that still signs. */
export function revokeKey(folder: string, keyId: string, reason: string, now: Date): Promise<FormerKey> {
  return alone(folder, async () => {
    const ring = await openKeyRing(folder);
    if ([ring.attestation.keyId, ring.log.keyId].includes(keyId))
      throw invalidField("keyId", "names a key that still signs; rotate it first");
    const former = await readFormerKeys(folder);
    const known = former.find((key) => key.keyId === keyId);
    if (!known) throw notFound("signing key", keyId);
    const revoked = { ...known, revokedAt: known.revokedAt ?? now, reason };
    await writeFormerKeys(
      folder,
      former.map((key) => (key.keyId === keyId ? revoked : key)),
    );
    return revoked;
  });
}
