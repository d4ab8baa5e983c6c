import { asc } from "drizzle-orm";
import { publicKeys } from "@/db/schema";
import type { Db } from "@/db/client";
import { rawEd25519, signingSince, trustedFormer, type KeyPurpose } from "@/server/adapters/signer";
import { keyRing } from "@/server/composition";
import { env } from "@/server/core/env";
import { keyFingerprint, verifierKeyText, type LogKeyWindow } from "../trust";

/** `unlisted`: signed something once, but the keys' folder does not know it, so nothing new is trusted because of it. */
export type KeyStatus = "current" | "retired" | "revoked" | "unlisted";

export interface PublishedKey {
  keyId: string;
  purpose: KeyPurpose;
  algorithm: string;
  pem: string;
  /** As bundles and envelopes name the attestor's key. */
  fingerprint: string | null;
  status: KeyStatus;
  validFrom: Date | null;
  validUntil: Date | null;
  revokedAt: Date | null;
  /** Why it was revoked. */
  reason: string | null;
}

const fingerprintOf = (purpose: KeyPurpose, pem: string) =>
  purpose === "attestor" ? keyFingerprint(pem) : null;

/** Every key that signs or signed, oldest first, with its time. What counts is the folder's word; the database only adds what it remembers. */
export async function publishedKeys(db: Db): Promise<PublishedKey[]> {
  const ring = await keyRing();
  const rows = await db.select().from(publicKeys).orderBy(asc(publicKeys.validFrom));
  const since = new Map(rows.map((row) => [row.keyId, row.validFrom]));
  const former = ring.former.map((key): PublishedKey => ({
    keyId: key.keyId,
    purpose: key.purpose,
    algorithm: key.algorithm,
    pem: key.publicKeyPem,
    fingerprint: fingerprintOf(key.purpose, key.publicKeyPem),
    status: key.revokedAt ? "revoked" : "retired",
    validFrom: key.validFrom ?? since.get(key.keyId) ?? null,
    validUntil: key.validUntil,
    revokedAt: key.revokedAt ?? null,
    reason: key.reason ?? null,
  }));
  const current = (["attestor", "log"] as const).map((purpose): PublishedKey => {
    const { keyId, algorithm, publicKeyPem } = purpose === "attestor" ? ring.attestation : ring.log;
    return {
      keyId,
      purpose,
      algorithm,
      pem: publicKeyPem,
      status: "current",
      fingerprint: fingerprintOf(purpose, publicKeyPem),
      validFrom: signingSince(ring.former, purpose) ?? since.get(keyId) ?? null,
      validUntil: null,
      revokedAt: null,
      reason: null,
    };
  });
  const listed = new Set([...former, ...current].map((key) => key.keyId));
  const unlisted = rows
    .filter((row) => !listed.has(row.keyId))
    .map((row): PublishedKey => {
      const purpose = row.purpose === "log" ? "log" : "attestor";
      return {
        keyId: row.keyId,
        purpose,
        algorithm: row.algorithm,
        pem: row.pem,
        status: "unlisted",
        fingerprint: null,
        validFrom: row.validFrom,
        validUntil: row.validUntil,
        revokedAt: null,
        reason: null,
      };
    });
  return [...unlisted, ...former, ...current];
}

/** What outsiders check checkpoints with: the log's key, then those it had, but none that was revoked. */
export const logKeyWindows = (keys: readonly PublishedKey[]): LogKeyWindow[] =>
  keys
    .filter(({ purpose, status }) => purpose === "log" && (status === "current" || status === "retired"))
    .toReversed()
    .map(({ pem, validFrom, validUntil }) => ({
      publicKeyPem: pem,
      validFrom: validFrom ?? new Date(0),
      validUntil: validUntil ?? undefined,
    }));

const textOf = (publicKeyPem: string) => verifierKeyText(env().logOrigin, rawEd25519(publicKeyPem));

/** What people and tools check the log's checkpoints with. */
export const logVerifierKey = async (): Promise<string> => textOf((await keyRing()).log.publicKeyPem);

/** The same with the keys that the log had before, newest first. */
export async function logVerifierKeys(): Promise<string[]> {
  const ring = await keyRing();
  const former = trustedFormer(ring, "log").toReversed();
  return [ring.log.publicKeyPem, ...former.map((key) => key.publicKeyPem)].map(textOf);
}

/** Of every key that the log ever had, revoked ones too: our own record is compared by its hashes, not believed because it is signed. */
export async function everyLogVerifierKey(): Promise<string[]> {
  const ring = await keyRing();
  const former = ring.former.filter((key) => key.purpose === "log").map((key) => key.publicKeyPem);
  return [ring.log.publicKeyPem, ...former].map(textOf);
}
