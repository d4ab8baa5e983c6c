import { and, eq, isNull } from "drizzle-orm";
import { attestations, publicKeys } from "@/db/schema";
import { environmentRequirements, verifyAdmission, type Admission } from "@/server/governance";
import type { Db } from "@/db/client";

/** A version as the admission rule sees it. */
export interface Candidate {
  id: string;
  manifestDigest: string | null;
  weightsDigest: string | null;
}

/**
 * Whether a version's signed evidence admits it to an environment. The deploy verb and the gateway ask the same question of the same
 * signatures; neither trusts a state column. The gateway pins the attestor's key from its own disk, so that a row in the database cannot
 * make it trust another.
 */
export async function admissionOf(
  db: Db,
  version: Candidate,
  environment: string,
  pinnedKeysPem?: readonly string[],
): Promise<Admission> {
  if (!version.manifestDigest) return { admitted: false, missing: ["files: not sealed and digested yet"] };
  if (!version.weightsDigest)
    return { admitted: false, missing: ["weights: the version holds no ONNX file to serve"] };
  const evidence = await db
    .select({ envelope: attestations.envelope })
    .from(attestations)
    .where(and(eq(attestations.subjectKind, "model_version"), eq(attestations.subjectId, version.id)));
  const keys = pinnedKeysPem
    ? pinnedKeysPem.map((pem) => ({ pem }))
    : await db
        .select({ pem: publicKeys.pem })
        .from(publicKeys)
        .where(and(eq(publicKeys.purpose, "attestor"), isNull(publicKeys.validUntil)));
  return verifyAdmission({
    evidence: evidence.map((row) => row.envelope),
    publicKeysPem: keys.map((row) => row.pem),
    manifestDigest: version.manifestDigest,
    requirements: environmentRequirements(environment),
  });
}
