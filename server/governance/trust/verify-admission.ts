import {
  changedDigests,
  changeInWords,
  UNJUDGED_MS,
  type EnvironmentRequirements,
  type PolicyInForce,
} from "../rules";
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
  /** The policies in force by key: a verdict of another version counts for the time of grace only. Left out, of any version. */
  inForce?: ReadonlyMap<string, PolicyInForce>;
  /** What the approval must be bound to, no more and no less (`manifest`, `contract`, `card`, `gates`); left out, the manifest alone. */
  boundDigests?: Readonly<Record<string, string>>;
  /**
   * For what serves already: whether it was admitted once, by an approval of exactly these files and the verdicts that stood then or,
   * where people need not decide, by the verdicts of any moment. What people and gates said later is for an alert and for the next
   * deployment, not for a gateway that starts anew; except where a policy in force says `stop` and does not pass it.
   */
  asOfApproval?: boolean;
  now?: Date;
}

export interface Admission {
  admitted: boolean;
  /** Every unmet requirement in words; empty when admitted. */
  missing: string[];
  /** Policies in force that do not pass it, after their grace. */
  fallen: PolicyGap[];
  /** Policies in force that do not pass it (yet); an earlier version's verdict counts until their grace ends. */
  leaving: PolicyGap[];
}

export interface PolicyGap {
  key: string;
  /** Of the policy, as it is in force. */
  version: number;
  onFallOut: PolicyInForce["onFallOut"];
  /** In words. */
  why: string;
  /** When its grace ends or ended. */
  graceUntil: string;
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

interface Found {
  at: number;
  verdict: string;
  expired: boolean;
}

/** The newest verdict of each policy holds; of two of the same moment, the worse. `counts` chooses by the policy's digest. */
function verdictsOf(
  statements: readonly Statement[],
  now: Date,
  until: number,
  counts: (key: string, digest: string) => boolean = () => true,
) {
  const newest = new Map<string, Found>();
  for (const { predicateType, predicate } of statements) {
    if (predicateType !== PREDICATE_TYPES.policyEvaluation) continue;
    const { policy, verdict, evaluatedOn, expiresOn } = PolicyEvaluationPredicate.parse(predicate);
    const at = Date.parse(evaluatedOn);
    if (at > until || !counts(policy.key, policy.digest.sha256)) continue;
    const known = newest.get(policy.key);
    const worse = known && SEVERITY.indexOf(verdict) > SEVERITY.indexOf(known.verdict);
    if (known && (known.at > at || (known.at === at && !worse))) continue;
    const expired = expiresOn !== undefined && Date.parse(expiresOn) <= now.getTime();
    newest.set(policy.key, { at, verdict, expired });
  }
  return newest;
}

/** Why a verdict does not count as passed, in words; undefined when it does. */
function whyNot(key: string, found: Found | undefined, { approved, reason }: Approval): string | undefined {
  if (!found) return `policy ${key}: no signed verdict`;
  if (found.expired) return `policy ${key}: the verdict has expired`;
  if (found.verdict === "indeterminate")
    return approved ? undefined : `policy ${key}: undecided, and ${reason}`;
  return found.verdict === "pass" ? undefined : `policy ${key}: ${found.verdict}`;
}

interface Standing {
  missing: string[];
  fallen: PolicyGap[];
  leaving: PolicyGap[];
  /** Of `fallen`, those that end serving: judged, or unjudged for too long. */
  stops: PolicyGap[];
}

const day = (ms: number) => `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/**
 * Policies whose version in force was clear or in doubt when people last approved these files: they knew, so that a doubt ends no serving
 * when their approval is void for another reason, such as an edited card.
 */
function acceptedPolicies(
  statements: readonly Statement[],
  input: AdmissionInput,
  ofForce: (key: string, digest: string) => boolean,
): ReadonlySet<string> {
  const { approved, atMs } = approval(statements, input, true);
  if (!approved) return new Set();
  const then = verdictsOf(statements, new Date(atMs), atMs, ofForce);
  return new Set(
    [...then].flatMap(([key, { verdict }]) =>
      verdict === "pass" || verdict === "indeterminate" ? [key] : [],
    ),
  );
}

/** What the policies in force say now. Their own verdict decides; an earlier version's counts while the grace lasts. */
function standingNow(
  statements: readonly Statement[],
  input: AdmissionInput,
  now: Date,
  decided: Approval,
): Standing {
  const { requirements, inForce = new Map<string, PolicyInForce>() } = input;
  const ofForce = (key: string, digest: string) => {
    const force = inForce.get(key);
    return force === undefined || bare(force.digest) === digest;
  };
  const current = verdictsOf(statements, now, Infinity, ofForce);
  const earlier = verdictsOf(statements, now, Infinity, (key, digest) => !ofForce(key, digest));
  const accepted = acceptedPolicies(statements, input, ofForce);
  const standing: Standing = { missing: [], fallen: [], leaving: [], stops: [] };
  for (const key of requirements.policies) {
    const force = inForce.get(key);
    const found = current.get(key);
    const before = earlier.get(key);
    const unjudged = force !== undefined && !found && before !== undefined;
    const why = unjudged
      ? `policy ${key}: judged by an earlier version only; version ${force.version} is in force since ${day(force.sinceMs)}`
      : whyNot(key, found, decided);
    if (why === undefined) continue;
    if (!force) {
      standing.missing.push(why);
      continue;
    }
    const { version, onFallOut, graceUntilMs } = force;
    const gap = { key, version, onFallOut, why, graceUntil: new Date(graceUntilMs).toISOString() };
    if (now.getTime() < graceUntilMs && before && whyNot(key, before, decided) === undefined) {
      standing.leaving.push(gap);
      continue;
    }
    standing.missing.push(why);
    standing.fallen.push(gap);
    const inTime = unjudged && now.getTime() < graceUntilMs + UNJUDGED_MS;
    const isAccepted = found?.verdict === "indeterminate" && !found.expired && accepted.has(key);
    if (onFallOut === "stop" && !inTime && !isAccepted) standing.stops.push(gap);
  }
  return standing;
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
  asOf: boolean,
): string[] {
  const seen = Object.fromEntries(review.evidence.map((item) => [item.name, item.digest.sha256]));
  if (asOf || !input.boundDigests) return seen.manifest === bare(input.manifestDigest) ? [] : ["manifest"];
  const wanted = Object.entries(input.boundDigests).map(([name, digest]) => [name, bare(digest)]);
  return changedDigests(Object.fromEntries(wanted), seen);
}

/** Whether the newest decision of people for this environment, on exactly these digests, approves; `asOf`: whether one ever did. */
function approval(statements: readonly Statement[], input: AdmissionInput, asOf: boolean): Approval {
  const { environment } = input.requirements;
  let found: Approval = { approved: false, atMs: -Infinity, reason: `no review for ${environment}` };
  for (const { predicateType, predicate } of statements) {
    if (predicateType !== PREDICATE_TYPES.humanReview) continue;
    const review = HumanReviewPredicate.parse(predicate);
    const atMs = Date.parse(review.reviewedOn);
    const approves = review.decision === "approve";
    if (review.environment !== environment || atMs < found.atMs) continue;
    if (asOf && !approves) continue;
    const differing = differences(review, input, asOf);
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

/** Whether it was admitted at some moment: by the last approval of these files, or where nobody needs to approve, by any verdicts. */
function admittedOnce(statements: readonly Statement[], input: AdmissionInput): string[] {
  const decided = approval(statements, input, true);
  const missingAt = (now: Date, until: number): string[] => {
    const verdicts = verdictsOf(statements, now, until);
    const missing = input.requirements.policies.flatMap(
      (key) => whyNot(key, verdicts.get(key), decided) ?? [],
    );
    if (input.requirements.humanReview && !decided.approved) missing.push(`approval: ${decided.reason}`);
    return missing;
  };
  const asApproved = decided.approved ? [decided.atMs] : [];
  const asJudged = input.requirements.humanReview ? [] : verdictTimes(statements);
  const once = [...asApproved, ...asJudged].map((at) => missingAt(new Date(at), at));
  if (once.some((missing) => missing.length === 0)) return [];
  return asApproved.length > 0 ? (once[0] ?? []) : missingAt(input.now ?? new Date(), Infinity);
}

/**
 * Decides from signatures and digests alone whether a version may serve in an environment; needs no database and trusts nobody's
 * word for it but for which policies are in force. Unsigned, foreign, malformed and expired evidence counts for nothing.
 */
export function verifyAdmission(input: AdmissionInput): Admission {
  const statements = trustedStatements(input);
  const decided = approval(statements, input, false);
  const { missing, fallen, leaving, stops } = standingNow(
    statements,
    input,
    input.now ?? new Date(),
    decided,
  );
  if (input.requirements.humanReview && !decided.approved) missing.push(`approval: ${decided.reason}`);
  if (!input.asOfApproval) return { admitted: missing.length === 0, missing, fallen, leaving };
  const once = admittedOnce(statements, input);
  const stopped = stops.map(
    ({ version, why }) => `${why}; version ${version} of the policy stops what it does not pass`,
  );
  return { admitted: once.length + stopped.length === 0, missing: [...once, ...stopped], fallen, leaving };
}
