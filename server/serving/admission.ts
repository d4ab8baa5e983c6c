import { and, eq, ne } from "drizzle-orm";
import { readableCards, readableVersions } from "@/server/registry";
import { trustedAttestorKeys } from "@/server/composition";
import {
  type Admission,
  changedDigests,
  environmentRequirements,
  policiesInForce,
  type PolicyInForce,
  PREDICATE_TYPES,
  readableAttestations,
  reviewsOfSubject,
  verifyAdmission,
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
  /** The policies in force for the version's team, where they were read already. */
  inForce?: ReadonlyMap<string, PolicyInForce>;
  now?: Date;
}

const refused = (reason: string): Admission => ({
  admitted: false,
  missing: [reason],
  fallen: [],
  leaving: [],
});

/** What of a version signatures and approvals are about. */
async function readVersion(db: Db, versionId: string) {
  const [version] = await db
    .select({
      teamId: readableVersions.teamId,
      manifestDigest: readableVersions.manifestDigest,
      weightsDigest: readableVersions.weightsDigest,
      contractDigest: readableVersions.contractDigest,
      gatesDigest: readableVersions.gatesDigest,
      cardDigest: readableCards.digest,
    })
    .from(readableVersions)
    .leftJoin(readableCards, eq(readableCards.versionId, readableVersions.id))
    .where(eq(readableVersions.id, versionId));
  return version;
}

/**
 * Whether a version's signed evidence admits it to an environment. The deploy verb and the gateway ask the same question of the same
 * signatures; neither trusts a state column. What begins to serve needs an approval of the files, contract, card and checks as they are
 * now, and verdicts of the policies in force; what serves already needs those it began with, unless a policy says `stop`. The attestor's
 * keys come from the disk, so that no row in the database can make another one trusted, and a revoked one counts nowhere.
 */
export async function admissionOf(
  db: Db,
  versionId: string,
  environment: string,
  options: AdmissionOptions = {},
): Promise<Admission> {
  const version = await readVersion(db, versionId);
  if (!version?.manifestDigest) return refused("files: not sealed and digested yet");
  if (!version.weightsDigest) return refused("weights: the version holds no model file that a gateway loads");
  const evidence = await db
    .select({ envelope: readableAttestations.envelope })
    .from(readableAttestations)
    .where(
      and(
        eq(readableAttestations.subjectKind, "model_version"),
        eq(readableAttestations.subjectId, versionId),
        options.withoutReviews
          ? ne(readableAttestations.predicateType, PREDICATE_TYPES.humanReview)
          : undefined,
      ),
    );
  return verifyAdmission({
    evidence: evidence.map((row) => row.envelope),
    publicKeysPem: options.trustedKeysPem ?? (await trustedAttestorKeys()),
    manifestDigest: version.manifestDigest,
    requirements: environmentRequirements(environment),
    inForce: options.inForce ?? (await policiesInForce(db, version.teamId)),
    boundDigests: boundDigests(version),
    ...(options.asServing ? { asOfApproval: true } : {}),
    ...(options.now ? { now: options.now } : {}),
  });
}

/**
 * Whether a version may begin to serve now: its signed evidence, and no approval that was ended since. An approval that became void stays
 * void when the change is taken back, although its digests then match again.
 */
export async function admissionNow(ctx: Ctx, versionId: string, environment: string): Promise<Admission> {
  const admission = await admissionOf(ctx.db, versionId, environment, { now: ctx.now() });
  const reviews = await reviewsOfSubject(ctx, {
    subjectKind: "model_version",
    subjectId: versionId,
    environment,
  });
  // A request that nobody has decided, or that was taken back, brings a void approval back no more than the change's undoing does.
  const decided = reviews.find(({ state }) => state !== "open" && state !== "withdrawn");
  if (decided?.state !== "void") return admission;
  // Where no approval is needed, one that ended takes nothing away.
  const alone = await admissionOf(ctx.db, versionId, environment, {
    withoutReviews: true,
    now: ctx.now(),
  });
  if (alone.admitted) return alone;
  const approval = `approval: no longer valid. ${decided.stateReason}`.trim();
  return {
    ...alone,
    admitted: false,
    missing: [...alone.missing.filter((text) => !text.startsWith("approval:")), approval],
  };
}

/** Whether every policy that does not pass it any more lets what is under way go on. */
const onlyBlocksNew = ({ fallen }: Admission): boolean =>
  fallen.length > 0 && fallen.every(({ onFallOut }) => onFallOut === "block-new");

/**
 * Whether a rollout that is under way may go on to more traffic: what may begin may, and so may what fell out by policies alone that say
 * `block-new`. An approval that ended for another reason than the checks holds it all the same.
 */
export async function admissionToGoOn(ctx: Ctx, versionId: string, environment: string): Promise<Admission> {
  const strict = await admissionNow(ctx, versionId, environment);
  if (strict.admitted || !onlyBlocksNew(strict)) return strict;
  const version = await readVersion(ctx.db, versionId);
  const reviews = await reviewsOfSubject(ctx, {
    subjectKind: "model_version",
    subjectId: versionId,
    environment,
  });
  const decided = reviews.find(
    ({ state }) => state === "approved" || state === "void" || state === "rejected",
  );
  const sinceReview = decided && version ? changedDigests(decided.boundDigests, boundDigests(version)) : [];
  const stands =
    decided === undefined || (decided.state !== "rejected" && sinceReview.every((name) => name === "gates"));
  if (!stands) return strict;
  const begun = await admissionOf(ctx.db, versionId, environment, { asServing: true, now: ctx.now() });
  return begun.admitted ? { ...strict, admitted: true, missing: [] } : strict;
}

/** The gateway's question about a canary, from signatures alone: what may begin, or began before policies that say `block-new`. */
export async function admissionOfCanary(
  db: Db,
  versionId: string,
  environment: string,
  options: AdmissionOptions,
): Promise<Admission> {
  const strict = await admissionOf(db, versionId, environment, options);
  if (strict.admitted || !onlyBlocksNew(strict)) return strict;
  const begun = await admissionOf(db, versionId, environment, { ...options, asServing: true });
  return begun.admitted ? { ...strict, admitted: true, missing: [] } : strict;
}
