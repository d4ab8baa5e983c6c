import { and, eq, ne } from "drizzle-orm";
import { attestations, modelCards, modelVersions } from "@/db/schema";
import { trustedAttestorKeys } from "@/server/composition";
import {
  environmentRequirements,
  PREDICATE_TYPES,
  reviewsOfSubject,
  verifyAdmission,
  type Admission,
} from "@/server/governance";
import type { Ctx } from "@/server/core/context";
import { boundDigests } from "@/server/registry/rules";
import type { Db } from "@/db/client";

export interface AdmissionOptions {
  /** The attestor's keys that count; those on this machine's disk when left out. */
  trustedKeysPem?: readonly string[];
  /** Asks of a version that serves already whether it was admitted when it began, instead of whether it would be now. */
  asServing?: boolean;
  /** Leaves people's decisions out: what the verdicts alone admit. */
  withoutReviews?: boolean;
}

const refused = (reason: string): Admission => ({ admitted: false, missing: [reason] });

/**
 * Whether a version's signed evidence admits it to an environment. The deploy verb and the gateway ask the same question of the same
 * signatures; neither trusts a state column. What begins to serve needs an approval of the files, contract, card and checks as they are
 * now; what serves already needs the one it began with. The attestor's keys come from the disk, so that no row in the database can make
 * another one trusted, and a revoked one counts nowhere.
 */
export async function admissionOf(
  db: Db,
  versionId: string,
  environment: string,
  options: AdmissionOptions = {},
): Promise<Admission> {
  const [version] = await db
    .select({
      manifestDigest: modelVersions.manifestDigest,
      weightsDigest: modelVersions.weightsDigest,
      contractDigest: modelVersions.contractDigest,
      gatesDigest: modelVersions.gatesDigest,
      cardDigest: modelCards.digest,
    })
    .from(modelVersions)
    .leftJoin(modelCards, eq(modelCards.versionId, modelVersions.id))
    .where(eq(modelVersions.id, versionId));
  if (!version?.manifestDigest) return refused("files: not sealed and digested yet");
  if (!version.weightsDigest) return refused("weights: the version holds no ONNX file to serve");
  const evidence = await db
    .select({ envelope: attestations.envelope })
    .from(attestations)
    .where(
      and(
        eq(attestations.subjectKind, "model_version"),
        eq(attestations.subjectId, versionId),
        options.withoutReviews ? ne(attestations.predicateType, PREDICATE_TYPES.humanReview) : undefined,
      ),
    );
  return verifyAdmission({
    evidence: evidence.map((row) => row.envelope),
    publicKeysPem: options.trustedKeysPem ?? (await trustedAttestorKeys()),
    manifestDigest: version.manifestDigest,
    requirements: environmentRequirements(environment),
    ...(options.asServing ? { asOfApproval: true } : { boundDigests: boundDigests(version) }),
  });
}

/**
 * Whether a version may begin to serve now: its signed evidence, and no approval that was ended since. An approval that became void stays
 * void when the change is taken back, although its digests then match again.
 */
export async function admissionNow(ctx: Ctx, versionId: string, environment: string): Promise<Admission> {
  const admission = await admissionOf(ctx.db, versionId, environment);
  const reviews = await reviewsOfSubject(ctx, {
    subjectKind: "model_version",
    subjectId: versionId,
    environment,
  });
  // A request that nobody has decided, or that was taken back, brings a void approval back no more than the change's undoing does.
  const decided = reviews.find(({ state }) => state !== "open" && state !== "withdrawn");
  if (decided?.state !== "void") return admission;
  // Where no approval is needed, one that ended takes nothing away.
  const alone = await admissionOf(ctx.db, versionId, environment, { withoutReviews: true });
  if (alone.admitted) return alone;
  const approval = `approval: no longer valid. ${decided.stateReason}`.trim();
  return {
    admitted: false,
    missing: [...alone.missing.filter((text) => !text.startsWith("approval:")), approval],
  };
}
