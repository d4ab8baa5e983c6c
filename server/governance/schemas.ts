import { z } from "zod";
import { PageInput } from "@/server/core/pagination";
import { REVIEW_DECISIONS, REVIEW_TABS } from "./rules";

/** What goes into the verbs of governance. */

const Id = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}_[0-9a-f]{32}$`), `an id like ${prefix}_…`);

export const ReviewIdInput = z.object({ reviewId: Id("rev") });
export const AttestationIdInput = z.object({ attestationId: Id("ats") });
export const GateRunIdInput = z.object({ gateRunId: Id("gr") });

export const DecideReviewInput = ReviewIdInput.extend({
  decision: z.enum(REVIEW_DECISIONS),
  reason: z.string().trim().max(5_000).default(""),
  /** The digests that the reviewer saw; another set than the review's is a conflict. */
  seenDigests: z.record(z.string(), z.string()).optional(),
});
export type DecideReviewInput = z.input<typeof DecideReviewInput>;

export const CommentOnReviewInput = ReviewIdInput.extend({
  text: z.string().trim().min(1, "write something first").max(5_000),
});

export const AssignReviewInput = ReviewIdInput.extend({
  /** `me` takes it, `nobody` gives it back. */
  to: z.enum(["me", "nobody"]),
});

export const WithdrawReviewInput = ReviewIdInput.extend({ reason: z.string().trim().max(2_000).default("") });

/** A thing that verdicts and reviews are about, in an environment. */
export const SubjectEvidenceInput = z.object({
  subjectKind: z.string().max(100).default("model_version"),
  subjectId: z.string().max(100),
  environment: z.enum(["staging", "production"]),
});

export const ListReviewsInput = PageInput.extend({
  tab: z.enum(REVIEW_TABS).default("team"),
  search: z.string().trim().max(200).default(""),
  environment: z.string().max(60).optional(),
  subjectKind: z.string().max(60).optional(),
  subjectId: z.string().max(100).optional(),
});

export const PolicyKeyInput = z.object({ key: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "a policy key") });
/** The longest document that is read. */
const PolicySource = z.string().min(1, "write the document first").max(200_000);
export const SavePolicyInput = PolicyKeyInput.extend({
  /** YAML or JSON. */
  source: PolicySource,
  /** Of the document that was edited. */
  expectedDigest: z.string().max(80),
  reason: z.string().trim().min(3, "say why, in 3 characters or more").max(2_000),
});
export const PreviewPolicyInput = PolicyKeyInput.extend({ source: PolicySource });
export const PolicyHistoryInput = PolicyKeyInput.extend(PageInput.shape);

export const SubjectInput = z.object({
  subjectKind: z.string().min(1).max(60),
  subjectId: z.string().min(1).max(100),
});
export const AttestationsInput = SubjectInput.extend({ digest: z.string().max(80).optional() });

export const LogEntriesInput = PageInput;
const Size = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
export const ConsistencyInput = z.object({ from: Size, to: Size });
