import { and, desc, eq, inArray, ne } from "drizzle-orm";
import { z } from "zod";
import { attestations, reviewDecisions, reviews } from "@/db/schema";
import { people } from "@/server/identity";
import type { Ctx } from "@/server/core/context";
import { query } from "@/server/core/verb";
import { environmentRequirements } from "../rules";
import { SubjectEvidenceInput } from "../schemas";
import { PREDICATE_TYPES } from "../trust";

type Subject = z.output<typeof SubjectEvidenceInput>;

const Evaluation = z.object({ predicate: z.object({ policy: z.object({ version: z.number() }) }) });

/** The newest signed verdict of each policy that the environment demands. */
async function verdictsOf(ctx: Ctx, subject: Subject, policies: readonly string[]) {
  const rows = await ctx.db
    .selectDistinctOn([attestations.label], {
      id: attestations.id,
      policy: attestations.label,
      result: attestations.result,
      statement: attestations.statement,
      at: attestations.createdAt,
    })
    .from(attestations)
    .where(
      and(
        eq(attestations.teamId, ctx.actor.teamId),
        eq(attestations.subjectKind, subject.subjectKind),
        eq(attestations.subjectId, subject.subjectId),
        eq(attestations.predicateType, PREDICATE_TYPES.policyEvaluation),
        inArray(attestations.label, [...policies]),
      ),
    )
    .orderBy(attestations.label, desc(attestations.leafIndex));
  const found = new Map(
    rows.map(({ statement, ...row }) => {
      const version = Evaluation.safeParse(statement).data?.predicate.policy.version ?? null;
      return [row.policy, { ...row, version }] as const;
    }),
  );
  return policies.map(
    (policy) => found.get(policy) ?? { id: null, policy, result: null, at: null, version: null },
  );
}

/** The newest decision that a person made about it for the environment. */
async function decisionOf(ctx: Ctx, subject: Subject) {
  const [row] = await ctx.db
    .select({
      reviewId: reviews.id,
      state: reviews.state,
      stateReason: reviews.stateReason,
      decision: reviewDecisions.decision,
      reviewer: people.name,
      role: reviewDecisions.reviewerRole,
      reason: reviewDecisions.reason,
      attestationId: reviewDecisions.attestationId,
      at: reviewDecisions.createdAt,
    })
    .from(reviews)
    .innerJoin(
      reviewDecisions,
      and(eq(reviewDecisions.reviewId, reviews.id), ne(reviewDecisions.decision, "comment")),
    )
    .innerJoin(people, eq(people.id, reviewDecisions.reviewerId))
    .where(
      and(
        eq(reviews.teamId, ctx.actor.teamId),
        eq(reviews.subjectKind, subject.subjectKind),
        eq(reviews.subjectId, subject.subjectId),
        eq(reviews.environment, subject.environment),
      ),
    )
    .orderBy(desc(reviewDecisions.createdAt))
    .limit(1);
  return row ?? null;
}

/** On what an environment's admission of a subject stands: each demanded policy's newest signed verdict, and who decided. */
export const whyAdmitted = query(
  {
    name: "governance.subject.evidence",
    permission: "governance.attestation.read",
    input: SubjectEvidenceInput,
    summary: "Verdicts and decision that an admission stands on",
  },
  async ({ ctx, input }) => {
    const { policies, humanReview } = environmentRequirements(input.environment);
    return {
      verdicts: await verdictsOf(ctx, input, policies),
      needsReview: humanReview,
      decision: await decisionOf(ctx, input),
    };
  },
);
