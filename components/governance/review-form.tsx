"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { ErrorNotice } from "@/components/common/error-notice";
import { Section } from "@/components/common/section";
import { useCan } from "@/components/kit/use-can";
import { useTRPC } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import { Label } from "@/components/ui/label";
import { RadioGroup, RadioGroupItem } from "@/components/ui/radio-group";
import { Textarea } from "@/components/ui/textarea";
import type { ReviewDetail } from "@/server/governance/reviews/get-review";
import { reasonRequired, type ReviewDecision } from "@/server/governance/rules";

const CHOICES: { value: ReviewDecision; label: string; hint: string }[] = [
  { value: "comment", label: "Comment", hint: "Say something without deciding" },
  { value: "approve", label: "Approve", hint: "It may go to this environment, exactly as it is now" },
  { value: "request_changes", label: "Request changes", hint: "It must change before it can be approved" },
  { value: "reject", label: "Reject", hint: "It will not be approved" },
];

const TRIAL_HINT = "Its own code may be run for a trial, exactly as it is now";

const DONE: Record<ReviewDecision, string> = {
  comment: "Comment added.",
  approve: "Approved. The decision is in the log.",
  request_changes: "Changes requested. The decision is in the log.",
  reject: "Rejected. The decision is in the log.",
};

/** Why this person may not decide, and who is kept out of it. */
function WhoMayNot({ review }: { review: ReviewDetail }) {
  return (
    <details className="text-sm text-fg-muted">
      <summary className="min-h-6 cursor-pointer">Who may not decide, and why</summary>
      <ul className="list-disc pl-4">
        {review.excluded.map((person) => (
          <li key={person.id}>
            {person.name}: {person.why}
          </li>
        ))}
        <li>Jobs, and API tokens without the scope review</li>
        <li>Anyone who is not reviewer or admin in this team at that moment</li>
      </ul>
    </details>
  );
}

function useDecision(review: ReviewDetail, onDone: (decision: ReviewDecision) => void) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const refresh = () =>
    Promise.all([
      queryClient.invalidateQueries({ queryKey: trpc.governance.review.queryKey({ reviewId: review.id }) }),
      queryClient.invalidateQueries({ queryKey: trpc.governance.reviews.queryKey() }),
      queryClient.invalidateQueries({ queryKey: trpc.governance.reviewCounts.queryKey() }),
    ]);
  const shared = { meta: { handlesError: true }, onSettled: refresh };
  const decide = useMutation(
    trpc.governance.decide.mutationOptions({
      ...shared,
      onSuccess: (_data, input) => onDone(input.decision),
    }),
  );
  const comment = useMutation(
    trpc.governance.comment.mutationOptions({ ...shared, onSuccess: () => onDone("comment") }),
  );
  const submit = (decision: ReviewDecision, reason: string) => {
    decide.reset();
    comment.reset();
    if (decision === "comment") comment.mutate({ reviewId: review.id, text: reason });
    else decide.mutate({ reviewId: review.id, decision, reason, seenDigests: review.boundDigests });
  };
  return {
    submit,
    pending: decide.isPending || comment.isPending,
    error: decide.error ?? comment.error,
  };
}

/** The verdict, with its reason; what was typed stays when the server refuses. */
export function ReviewForm({ review }: { review: ReviewDetail }) {
  const id = useId();
  const mayComment = useCan("governance.review.comment");
  const [wanted, setWanted] = useState<ReviewDecision | null>(null);
  const [reason, setReason] = useState("");
  const [done, setDone] = useState<ReviewDecision | null>(null);
  const { submit, pending, error } = useDecision(review, (decision) => {
    setReason("");
    setDone(decision);
    setWanted(null);
  });
  const blocked = review.whyNotDecide;
  const decision = blocked ? "comment" : (wanted ?? "approve");
  const needed = reasonRequired(decision, review.gates?.outcome ?? null);
  const lacking = needed && reason.trim() === "";
  return (
    <Section title={blocked ? "Comment" : "Your verdict"} frame="card" id="verdict">
      <form
        aria-label="Verdict"
        noValidate
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          setDone(null);
          if (!lacking && mayComment.allowed) submit(decision, reason.trim());
        }}
      >
        {blocked ? (
          <p className="text-fg-muted">{blocked}</p>
        ) : (
          <RadioGroup
            aria-label="Verdict"
            className="max-lg:sm:grid-cols-2"
            value={decision}
            onValueChange={(next) => setWanted(CHOICES.find((each) => each.value === next)?.value ?? null)}
          >
            {CHOICES.map((choice) => (
              <div key={choice.value} className="flex gap-2">
                <RadioGroupItem id={`${id}-${choice.value}`} value={choice.value} className="mt-0.5" />
                <Label htmlFor={`${id}-${choice.value}`} className="flex flex-col">
                  <span>{choice.label}</span>
                  <span className="text-sm font-normal text-fg-muted">
                    {choice.value === "approve" && review.isTrial ? TRIAL_HINT : choice.hint}
                  </span>
                </Label>
              </div>
            ))}
          </RadioGroup>
        )}
        <div className="flex flex-col gap-1">
          <Label htmlFor={`${id}-reason`}>{decision === "comment" ? "Comment" : "Reason"}</Label>
          <Textarea
            id={`${id}-reason`}
            rows={3}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            aria-describedby={`${id}-hint`}
            maxLength={5000}
          />
          <p id={`${id}-hint`} className="text-sm text-fg-subtle">
            {decision === "comment"
              ? "Everyone who takes part is told."
              : needed
                ? "Needed. It is signed into the decision, and everyone in the team can read it."
                : "Every check passed, so an approval needs no reason."}
          </p>
        </div>
        {error ? <ErrorNotice error={error} /> : null}
        {done ? <output className="text-positive">{DONE[done]}</output> : null}
        <div className="flex flex-wrap items-center gap-2">
          <Button
            type="submit"
            variant={decision === "reject" ? "danger" : "primary"}
            pending={pending}
            disabled={lacking || !mayComment.allowed}
          >
            {CHOICES.find((each) => each.value === decision)?.label}
          </Button>
          {mayComment.allowed ? null : <span className="text-sm text-fg-muted">{mayComment.reason}</span>}
        </div>
        <WhoMayNot review={review} />
      </form>
    </Section>
  );
}
