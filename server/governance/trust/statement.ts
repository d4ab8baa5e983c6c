import { z } from "zod";
import { canonicalJson } from "../../core/canonical-json";
import { utf8 } from "./bytes";

export const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";

export const PREDICATE_TYPES = {
  policyEvaluation: "https://modelworks.dev/attestation/policy-evaluation/v1",
  humanReview: "https://modelworks.dev/attestation/human-review/v1",
  promotion: "https://modelworks.dev/attestation/promotion/v1",
  verificationSummary: "https://slsa.dev/verification_summary/v1",
} as const;

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "a lower-case hex SHA-256");
const Digest = z.object({ sha256: Sha256 });
const Time = z.iso.datetime();
/** Measured values and thresholds are decimal strings, so that no reader's floating point changes what was signed. */
export const DecimalText = z.string().regex(/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/, "a decimal number as text");

export const Subject = z.object({
  name: z.string().optional(),
  uri: z.string().optional(),
  digest: Digest.catchall(z.string().regex(/^[0-9a-f]+$/)),
});

export const PolicyEvaluationPredicate = z.object({
  policy: z.object({ key: z.string(), version: z.int().min(1), digest: Digest }),
  engine: z.object({ id: z.string(), version: z.string() }),
  inputs: z.array(z.object({ name: z.string(), digest: Digest })),
  verdict: z.enum(["pass", "fail", "indeterminate", "error"]),
  rules: z.array(
    z.object({
      id: z.string(),
      outcome: z.enum(["pass", "fail", "indeterminate", "error", "skipped"]),
      message: z.string(),
      values: z.record(z.string(), z.string()),
    }),
  ),
  evaluatedOn: Time,
  expiresOn: Time.optional(),
});

export const HumanReviewPredicate = z.object({
  reviewId: z.string(),
  /** Where the decision holds; an approval for staging says nothing of production. */
  environment: z.string(),
  decision: z.enum(["approve", "request_changes", "reject"]),
  reason: z.string().min(1),
  reviewer: z.object({
    id: z.string(),
    role: z.string(),
    /** Whether the person decided, or a token of theirs with the scope `review` acted in their name. */
    actedBy: z.enum(["person", "api-token"]).optional(),
    tokenId: z.string().optional(),
  }),
  evidence: z.array(z.object({ name: z.string(), digest: Digest })),
  reviewedOn: Time,
});

export const PromotionPredicate = z.object({
  from: z.string().nullable(),
  to: z.string(),
  resourceUri: z.string(),
  reliesOn: z.array(z.object({ predicateType: z.string(), digest: Digest })),
  promotedBy: z.string(),
  promotedOn: Time,
});

export const VerificationSummaryPredicate = z.object({
  verifier: z.object({ id: z.string() }),
  timeVerified: Time,
  resourceUri: z.string(),
  policy: z.object({ uri: z.string(), digest: Digest.optional() }),
  inputAttestations: z.array(z.object({ uri: z.string().optional(), digest: Digest })).optional(),
  verificationResult: z.enum(["PASSED", "FAILED"]),
  verifiedLevels: z.array(z.string()),
  slsaVersion: z.string().optional(),
});

export const PREDICATE_SCHEMAS = {
  [PREDICATE_TYPES.policyEvaluation]: PolicyEvaluationPredicate,
  [PREDICATE_TYPES.humanReview]: HumanReviewPredicate,
  [PREDICATE_TYPES.promotion]: PromotionPredicate,
  [PREDICATE_TYPES.verificationSummary]: VerificationSummaryPredicate,
} as const;
export type PredicateType = keyof typeof PREDICATE_SCHEMAS;
export type PredicateOf<T extends PredicateType> = z.infer<(typeof PREDICATE_SCHEMAS)[T]>;

export const Statement = z.object({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.array(Subject).min(1),
  predicateType: z.url(),
  predicate: z.record(z.string(), z.unknown()),
});
export type Statement = z.infer<typeof Statement>;

export interface SubjectInput {
  name?: string;
  /** Hex SHA-256, with or without the `sha256:` prefix. */
  sha256: string;
}

/** Builds a statement of one of our predicate types. @throws ZodError when subject or predicate is malformed. */
export function buildStatement<T extends PredicateType>(
  subjects: readonly SubjectInput[],
  predicateType: T,
  predicate: PredicateOf<T>,
): Statement {
  return Statement.parse({
    _type: STATEMENT_TYPE,
    subject: subjects.map(({ name, sha256 }) => ({
      ...(name === undefined ? {} : { name }),
      digest: { sha256: sha256.replace(/^sha256:/, "") },
    })),
    predicateType,
    predicate: PREDICATE_SCHEMAS[predicateType].parse(predicate),
  });
}

/** The bytes to sign: canonical JSON, so the same statement always has the same digest. */
export const encodeStatement = (statement: Statement): Uint8Array => utf8(canonicalJson(statement));

/** Parses verified payload bytes; our own predicate types must also match their schema. */
export function parseStatement(payload: Uint8Array): Statement | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } catch {
    return undefined;
  }
  const statement = Statement.safeParse(value);
  if (!statement.success) return undefined;
  const type = Object.values(PREDICATE_TYPES).find((known) => known === statement.data.predicateType);
  if (type !== undefined && !PREDICATE_SCHEMAS[type].safeParse(statement.data.predicate).success)
    return undefined;
  return statement.data;
}

/** Matching is by digest alone; names are only hints. */
export function statementConcerns(statement: Statement, sha256: string): boolean {
  const wanted = sha256.replace(/^sha256:/, "");
  return statement.subject.some((subject) => subject.digest.sha256 === wanted);
}
