import { asc, eq, inArray } from "drizzle-orm";
import { reviewDecisions } from "@/db/schema";
import { people } from "@/server/identity";
import type { Ctx } from "@/server/core/context";
import { isAppError } from "@/server/core/errors";
import { query } from "@/server/core/verb";
import { getBundle } from "../attestations/read-attestations";
import { latestGates, type GateRunView } from "../gates/queries";
import { verdictsInWords, verdictWord } from "../gates/rules";
import {
  bindingDigests,
  changedDigests,
  changeInWords,
  environmentRequirements,
  TRIAL,
  whyNotDecide,
} from "../rules";
import { ReviewIdInput } from "../schemas";
import { loadReview, type ReviewRow } from "./load";
import { eligibleReviewers } from "./request-review";
import { subjectResolver, type Blocker, type SubjectDescription } from "./subjects";

async function namesOf(ctx: Ctx, ids: readonly (string | null)[]): Promise<Map<string, string>> {
  const wanted = [...new Set(ids.flatMap((id) => (id === null ? [] : [id])))];
  if (wanted.length === 0) return new Map();
  const rows = await ctx.db
    .select({ id: people.id, name: people.name })
    .from(people)
    .where(inArray(people.id, wanted));
  return new Map(rows.map((row) => [row.id, row.name]));
}

/** What the owning domain says of the subject. A failure there leaves the rest of the screen whole. */
async function describe(ctx: Ctx, review: ReviewRow) {
  const resolver = subjectResolver(review.subjectKind);
  const none: {
    description: SubjectDescription | null;
    current: Record<string, string> | null;
    problem: string | null;
  } = { description: null, current: null, problem: `Nothing here can describe a ${review.subjectKind}.` };
  if (!resolver) return none;
  try {
    return {
      description: await resolver.describe(ctx, review.subjectId, review.environment),
      current: bindingDigests(review.environment, await resolver.currentDigests(ctx, review.subjectId)),
      problem: null,
    };
  } catch (error) {
    if (!isAppError(error))
      ctx.log.error({ err: error, reviewId: review.id }, "subject could not be described");
    return {
      ...none,
      problem: isAppError(error) ? error.message : "The subject could not be read just now.",
    };
  }
}

/** Everything between this request and its environment, each with who or what clears it. */
function blockersOf(
  review: ReviewRow,
  gates: GateRunView | undefined,
  reviewers: readonly string[],
  requester: string,
): Blocker[] {
  const blockers: Blocker[] = [];
  const required = environmentRequirements(review.environment).policies;
  if (!gates)
    blockers.push({ what: "The checks have not run on this content.", clearedBy: "Run the checks" });
  for (const key of gates ? required : []) {
    const verdict = gates?.verdicts.find((each) => each.policyKey === key);
    if (!verdict) {
      blockers.push({ what: `${key}: no verdict`, clearedBy: "Run the checks again" });
    } else if (verdict.verdict === "indeterminate") {
      // An approval is the people's answer to the doubt.
      if (review.state !== "approved")
        blockers.push({
          what: `${verdict.title}: ${verdictWord(verdict.verdict).toLowerCase()}`,
          clearedBy: "An approving reviewer",
        });
    } else if (verdict.verdict !== "pass") {
      const clearedBy = `${requester}, with a new version or better evidence`;
      blockers.push({ what: `${verdict.title}: ${verdict.message}`, clearedBy });
    }
  }
  if (review.state === "open") {
    const names = reviewers.length > 0 ? reviewers.join(" or ") : "A team admin, by naming another reviewer";
    blockers.push({ what: "Nobody has decided yet.", clearedBy: names });
  } else if (review.state !== "approved") {
    blockers.push({
      what: `The review is ${review.state.replaceAll("_", " ")}.`,
      clearedBy: `${requester}, with a new request`,
    });
  }
  return blockers;
}

async function readReview(ctx: Ctx, reviewId: string) {
  const review = await loadReview(ctx, reviewId);
  const decisions = await ctx.db
    .select()
    .from(reviewDecisions)
    .where(eq(reviewDecisions.reviewId, reviewId))
    .orderBy(asc(reviewDecisions.createdAt), asc(reviewDecisions.id));
  const eligible = await eligibleReviewers(ctx, review.excludedIds);
  const names = await namesOf(ctx, [
    review.requestedBy,
    review.assigneeId,
    ...review.excludedIds,
    ...eligible,
    ...decisions.map((each) => each.reviewerId),
  ]);
  const nameOf = (id: string) => names.get(id) ?? (id === "system" ? "Modelworks" : id);
  const gates = await latestGates(ctx, review.subjectKind, review.subjectId, review.subjectDigest);
  const subject = await describe(ctx, review);
  const changed = subject.current ? changedDigests(review.boundDigests, subject.current) : [];
  const why = whyNotDecide(review, ctx.actor);
  const requester = nameOf(review.requestedBy);
  const reviewers = eligible.map(nameOf);
  const approval = decisions.findLast((each) => each.decision === "approve");
  const acceptedBy = approval ? nameOf(approval.reviewerId) : null;
  return {
    ...review,
    requesterName: requester,
    assigneeName: review.assigneeId ? nameOf(review.assigneeId) : null,
    excluded: review.excludedIds.map((id) => ({
      id,
      name: nameOf(id),
      why: id === review.requestedBy ? "asked for the review" : "made, uploaded or last edited it",
    })),
    reviewers,
    decisions: decisions.map((each) => ({ ...each, reviewerName: nameOf(each.reviewerId) })),
    gates: gates ?? null,
    /** The verdicts counted, in the words that badges and lists of the version use. */
    gatesInWords: gates
      ? verdictsInWords(
          gates.verdicts.map((each) => each.verdict),
          review.state === "approved" ? acceptedBy : null,
        )
      : null,
    required: environmentRequirements(review.environment).policies,
    /** Whether it asks that the model's own code may be run, and nothing else. */
    isTrial: review.environment === TRIAL,
    subject: subject.description,
    subjectProblem: subject.problem,
    /** Set while an open or approved review no longer fits the subject. */
    staleBecause:
      changed.length > 0 && (review.state === "open" || review.state === "approved")
        ? `Since it was requested, ${changeInWords(changed)}.`
        : null,
    whyNotDecide: why ?? null,
    blockers: [...blockersOf(review, gates, reviewers, requester), ...(subject.description?.blockers ?? [])],
  };
}

export const getReview = query(
  {
    name: "governance.review.get",
    permission: "governance.review.read",
    input: ReviewIdInput,
    summary: "One review: rationale, checks, differences, affected deployments, decisions",
  },
  ({ ctx, input }) => readReview(ctx, input.reviewId),
);
export type ReviewDetail = Awaited<ReturnType<typeof getReview.execute>>;

export const exportReview = query(
  {
    name: "governance.review.export",
    permission: "governance.review.read",
    input: ReviewIdInput,
    summary: "The whole record of a review as JSON, with its attestations as Sigstore bundles",
  },
  async ({ ctx, input }) => {
    const review = await readReview(ctx, input.reviewId);
    const ids = [
      ...review.decisions.map((each) => each.attestationId),
      ...(review.gates?.verdicts.map((each) => each.attestationId) ?? []),
    ];
    const bundles: Record<string, unknown> = {};
    for (const id of ids) if (id) bundles[id] = await getBundle.within(ctx, { attestationId: id });
    return { exportedAt: ctx.now().toISOString(), review, bundles };
  },
);
