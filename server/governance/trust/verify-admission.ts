import type { EnvironmentRequirements } from "../rules";
import { IN_TOTO_PAYLOAD_TYPE, verifyEnvelope } from "./dsse";
import {
  HumanReviewPredicate,
  parseStatement,
  PolicyEvaluationPredicate,
  PREDICATE_TYPES,
  statementConcerns,
  type Statement,
} from "./statement";

export interface AdmissionInput {
  /** DSSE envelopes, or Sigstore bundles that hold one. */
  evidence: readonly unknown[];
  /** SPKI PEM texts of the attestor's keys that are trusted now. */
  publicKeysPem: readonly string[];
  /** `sha256:<hex>` of the version's manifest, computed from the files themselves. */
  manifestDigest: string;
  requirements: EnvironmentRequirements;
  /** What the approval must be bound to (`manifest`, `contract`, `card`, `gates`); left out, the manifest alone. */
  boundDigests?: Readonly<Record<string, string>>;
  now?: Date;
}

export interface Admission {
  admitted: boolean;
  /** Every unmet requirement in words; empty when admitted. */
  missing: string[];
}

const bare = (digest: string) => digest.replace(/^sha256:/, "");

const envelopeIn = (item: unknown): unknown =>
  item !== null && typeof item === "object" && "dsseEnvelope" in item ? item.dsseEnvelope : item;

/** Statements that a trusted key signed and that are about this manifest; everything else counts for nothing. */
function trustedStatements(input: AdmissionInput): Statement[] {
  return input.evidence.flatMap((item) => {
    const verified = verifyEnvelope(envelopeIn(item), {
      publicKeysPem: input.publicKeysPem,
      acceptedPayloadTypes: [IN_TOTO_PAYLOAD_TYPE],
    });
    if (!verified.ok) return [];
    const statement = parseStatement(verified.payload);
    return statement && statementConcerns(statement, input.manifestDigest) ? [statement] : [];
  });
}

const SEVERITY = ["pass", "indeterminate", "error", "fail"];

/** The newest verdict of each policy holds; of two of the same moment, the worse. */
function verdictsOf(statements: readonly Statement[], now: Date) {
  const newest = new Map<string, { at: number; verdict: string; expired: boolean }>();
  for (const { predicateType, predicate } of statements) {
    if (predicateType !== PREDICATE_TYPES.policyEvaluation) continue;
    const { policy, verdict, evaluatedOn, expiresOn } = PolicyEvaluationPredicate.parse(predicate);
    const at = Date.parse(evaluatedOn);
    const known = newest.get(policy.key);
    const worse = known && SEVERITY.indexOf(verdict) > SEVERITY.indexOf(known.verdict);
    if (known && (known.at > at || (known.at === at && !worse))) continue;
    const expired = expiresOn !== undefined && Date.parse(expiresOn) <= now.getTime();
    newest.set(policy.key, { at, verdict, expired });
  }
  return newest;
}

/** Whether the newest decision of people for this environment, on exactly these digests, approves. */
function approval(statements: readonly Statement[], input: AdmissionInput): string {
  const wanted = Object.entries(input.boundDigests ?? { manifest: input.manifestDigest });
  const { environment } = input.requirements;
  let reason = `no review for ${environment}`;
  let latest = -Infinity;
  for (const { predicateType, predicate } of statements) {
    if (predicateType !== PREDICATE_TYPES.humanReview) continue;
    const review = HumanReviewPredicate.parse(predicate);
    const at = Date.parse(review.reviewedOn);
    if (review.environment !== environment || at < latest) continue;
    const seen = new Map(review.evidence.map((item) => [item.name, item.digest.sha256]));
    const differing = wanted
      .filter(([name, digest]) => seen.get(name) !== bare(digest))
      .map(([name]) => name);
    // A negative word about the same content stands even where its digests are older.
    if (differing.length > 0 && review.decision === "approve") {
      if (reason.startsWith("no review")) reason = `the review is bound to another ${differing.join(", ")}`;
      continue;
    }
    const tie = at === latest && reason !== "approved";
    latest = at;
    if (tie) continue;
    reason = review.decision === "approve" ? "approved" : `the last review decided ${review.decision}`;
  }
  return reason;
}

/**
 * Decides from signatures and digests alone whether a version may serve in an environment; needs no database and trusts nobody's
 * word for it. Unsigned, foreign, malformed and expired evidence counts for nothing.
 */
export function verifyAdmission(input: AdmissionInput): Admission {
  const statements = trustedStatements(input);
  const verdicts = verdictsOf(statements, input.now ?? new Date());
  const decided = approval(statements, input);
  const approved = decided === "approved";
  const missing: string[] = [];
  for (const key of input.requirements.policies) {
    const found = verdicts.get(key);
    if (!found) missing.push(`policy ${key}: no signed verdict`);
    else if (found.expired) missing.push(`policy ${key}: the verdict has expired`);
    else if (found.verdict === "indeterminate" && !approved)
      missing.push(`policy ${key}: indeterminate, and ${decided}`);
    else if (found.verdict !== "pass" && found.verdict !== "indeterminate")
      missing.push(`policy ${key}: ${found.verdict}`);
  }
  if (input.requirements.humanReview && !approved) missing.push(`approval: ${decided}`);
  return { admitted: missing.length === 0, missing };
}
