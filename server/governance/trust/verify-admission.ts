import { changedDigests, changeInWords, type EnvironmentRequirements } from "../rules";
import { IN_TOTO_PAYLOAD_TYPE, verifyEnvelope } from "./dsse";
import {
  HumanReviewPredicate,
  parseStatement,
  PolicyEvaluationPredicate,
  PREDICATE_TYPES,
  statementConcerns,
  type PredicateOf,
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
  /** What the approval must be bound to, no more and no less (`manifest`, `contract`, `card`, `gates`); left out, the manifest alone. */
  boundDigests?: Readonly<Record<string, string>>;
  /**
   * For what serves already: whether it was admitted once, by an approval of exactly these files and the verdicts that stood then or,
   * where people need not decide, by the verdicts of any moment. What people and gates said later is for an alert and for the next
   * deployment, not for a gateway that starts anew.
   */
  asOfApproval?: boolean;
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
function verdictsOf(statements: readonly Statement[], now: Date, until: number) {
  const newest = new Map<string, { at: number; verdict: string; expired: boolean }>();
  for (const { predicateType, predicate } of statements) {
    if (predicateType !== PREDICATE_TYPES.policyEvaluation) continue;
    const { policy, verdict, evaluatedOn, expiresOn } = PolicyEvaluationPredicate.parse(predicate);
    const at = Date.parse(evaluatedOn);
    if (at > until) continue;
    const known = newest.get(policy.key);
    const worse = known && SEVERITY.indexOf(verdict) > SEVERITY.indexOf(known.verdict);
    if (known && (known.at > at || (known.at === at && !worse))) continue;
    const expired = expiresOn !== undefined && Date.parse(expiresOn) <= now.getTime();
    newest.set(policy.key, { at, verdict, expired });
  }
  return newest;
}

/** The moments of all verdicts, in epoch milliseconds. */
const verdictTimes = (statements: readonly Statement[]): number[] => [
  ...new Set(
    statements.flatMap(({ predicateType, predicate }) =>
      predicateType === PREDICATE_TYPES.policyEvaluation
        ? [Date.parse(PolicyEvaluationPredicate.parse(predicate).evaluatedOn)]
        : [],
    ),
  ),
];

interface Approval {
  approved: boolean;
  /** Of the last approval that counts. */
  atMs: number;
  reason: string;
}

function differences(
  review: PredicateOf<typeof PREDICATE_TYPES.humanReview>,
  input: AdmissionInput,
): string[] {
  const seen = Object.fromEntries(review.evidence.map((item) => [item.name, item.digest.sha256]));
  if (!input.boundDigests) return seen.manifest === bare(input.manifestDigest) ? [] : ["manifest"];
  const wanted = Object.entries(input.boundDigests).map(([name, digest]) => [name, bare(digest)]);
  return changedDigests(Object.fromEntries(wanted), seen);
}

/** Whether the newest decision of people for this environment, on exactly these digests, approves. */
function approval(statements: readonly Statement[], input: AdmissionInput): Approval {
  const { environment } = input.requirements;
  let found: Approval = { approved: false, atMs: -Infinity, reason: `no review for ${environment}` };
  for (const { predicateType, predicate } of statements) {
    if (predicateType !== PREDICATE_TYPES.humanReview) continue;
    const review = HumanReviewPredicate.parse(predicate);
    const atMs = Date.parse(review.reviewedOn);
    const approves = review.decision === "approve";
    if (review.environment !== environment || atMs < found.atMs) continue;
    if (input.asOfApproval && !approves) continue;
    const differing = differences(review, input);
    // A negative word about the same content stands even where its digests are older.
    if (differing.length > 0 && approves) {
      if (found.atMs === -Infinity)
        found = { ...found, reason: `${changeInWords(differing)} since the approval` };
      continue;
    }
    if (atMs === found.atMs && !found.approved) continue;
    const reason = approves ? "approved" : `the last review decided ${review.decision}`;
    found = { approved: approves, atMs, reason };
  }
  return found;
}

/**
 * Decides from signatures and digests alone whether a version may serve in an environment; needs no database and trusts nobody's
 * word for it. Unsigned, foreign, malformed and expired evidence counts for nothing.
 */
export function verifyAdmission(input: AdmissionInput): Admission {
  const statements = trustedStatements(input);
  const { approved, atMs, reason } = approval(statements, input);
  const missingAt = (now: Date, until: number): string[] => {
    const verdicts = verdictsOf(statements, now, until);
    const missing: string[] = [];
    for (const key of input.requirements.policies) {
      const found = verdicts.get(key);
      if (!found) missing.push(`policy ${key}: no signed verdict`);
      else if (found.expired) missing.push(`policy ${key}: the verdict has expired`);
      else if (found.verdict === "indeterminate" && !approved)
        missing.push(`policy ${key}: indeterminate, and ${reason}`);
      else if (found.verdict !== "pass" && found.verdict !== "indeterminate")
        missing.push(`policy ${key}: ${found.verdict}`);
    }
    if (input.requirements.humanReview && !approved) missing.push(`approval: ${reason}`);
    return missing;
  };
  const asApproved = input.asOfApproval && approved ? [atMs] : [];
  const asJudged = input.asOfApproval && !input.requirements.humanReview ? verdictTimes(statements) : [];
  const once = [...asApproved, ...asJudged].map((at) => missingAt(new Date(at), at));
  if (once.some((missing) => missing.length === 0)) return { admitted: true, missing: [] };
  const missing = asApproved.length > 0 ? (once[0] ?? []) : missingAt(input.now ?? new Date(), Infinity);
  return { admitted: missing.length === 0, missing };
}
