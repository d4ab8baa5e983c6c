import type { Ctx } from "@/server/core/context";
import { changedDigests, changeInWords, type ReviewState } from "../rules";
import { approvalKey } from "./approval-key";
import { reviewsOfSubject } from "./load";

export interface ReviewStanding {
  /** `none`: never asked for; `stale`: decided on other digests than these. */
  state: ReviewState | "none" | "stale";
  reviewId?: string;
  /** Why it is not an approval, each in words; empty when approved. */
  reasons: string[];
}

const WORDS: Record<string, string> = {
  open: "A reviewer has not decided yet.",
  changes_requested: "The reviewer asked for changes.",
  rejected: "The reviewer rejected it.",
  withdrawn: "The request was withdrawn.",
};

/** Whether people approved exactly these digests of a subject for an environment. Only `approved` is an approval. */
export async function reviewStanding(
  ctx: Ctx,
  input: { subjectKind: string; subjectId: string; environment: string; digests: Record<string, string> },
): Promise<ReviewStanding> {
  const rows = await reviewsOfSubject(ctx, input);
  const [latest] = rows;
  if (!latest) return { state: "none", reasons: [`Nobody asked for a review for ${input.environment}.`] };
  const reviewId = latest.id;
  if (latest.state === "void") return { state: "void", reviewId, reasons: [latest.stateReason] };
  const changed = changedDigests(latest.boundDigests, input.digests);
  if (changed.length > 0) {
    return { state: "stale", reviewId, reasons: [`Since the review, ${changeInWords(changed)}.`] };
  }
  if (latest.state === "approved")
    return (await approvalKey(ctx, reviewId)) === "distrusted"
      ? { state: "void", reviewId, reasons: ["The key that signed the approval counts no more."] }
      : { state: "approved", reviewId, reasons: [] };
  const reason = [WORDS[latest.state] ?? latest.state, latest.stateReason].filter((text) => text !== "");
  return { state: latest.state as ReviewState, reviewId, reasons: [reason.join(" ")] };
}
