"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useEffect, useRef } from "react";
import { ConfirmDialog } from "@/components/common/confirm-dialog";
import { DisabledReason } from "@/components/common/disabled-reason";
import { EntityLink } from "@/components/common/entity-link";
import { ErrorNotice } from "@/components/common/error-notice";
import { NotFoundState } from "@/components/common/not-found-state";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { DetailSkeleton } from "@/components/common/skeletons";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { useSession } from "@/components/kit/use-can";
import { publicErrorOf, useTRPC } from "@/components/kit/trpc";
import { Button, buttonVariants } from "@/components/ui/button";
import { useLive } from "@/components/kit/use-live";
import type { ReviewDetail } from "@/server/governance/reviews/get-review";
import { DueDate } from "./due-date";
import { ReviewForm } from "./review-form";
import { ReviewNeighbours } from "./review-neighbours";
import { Differences } from "./review-changes";
import { AffectedDeployments, Blockers, Checks, ReviewBanner } from "./review-parts";
import { reviewTopic } from "@/server/governance/kinds";

// Below the fold: their code comes after the page can be used.
const ReviewThread = dynamic(() => import("./review-record").then((module) => module.ReviewThread));
const DecisionRecord = dynamic(() => import("./review-record").then((module) => module.DecisionRecord));

function Actions({ review }: { review: ReviewDetail }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const session = useSession();
  const onSuccess = () => queryClient.invalidateQueries({ queryKey: trpc.governance.review.queryKey() });
  const assign = useMutation(trpc.governance.assign.mutationOptions({ onSuccess }));
  const withdraw = useMutation(trpc.governance.withdraw.mutationOptions({ onSuccess }));
  const me = session.data?.me.id;
  const mine = review.assigneeId !== null && review.assigneeId === me;
  return (
    <>
      <ReviewNeighbours reviewId={review.id} />
      {review.state === "open" && review.requestedBy === me ? (
        <ConfirmDialog
          trigger={<Button>Withdraw</Button>}
          title="Withdraw this request?"
          consequence={`${review.title} will not be reviewed. A new request can be made at any time.`}
          confirmLabel="Withdraw"
          onConfirm={async () => {
            await withdraw.mutateAsync({ reviewId: review.id });
          }}
        />
      ) : null}
      {review.state === "open" ? (
        <DisabledReason reason={review.whyNotDecide}>
          <Button
            pending={assign.isPending}
            onClick={() => assign.mutate({ reviewId: review.id, to: mine ? "nobody" : "me" })}
          >
            {mine ? "Give back" : "Assign to me"}
          </Button>
        </DisabledReason>
      ) : null}
    </>
  );
}

/** Tells the server once that someone who may decide has opened the review. */
function useTouch(review: ReviewDetail | undefined) {
  const trpc = useTRPC();
  const { mutate } = useMutation(trpc.governance.touch.mutationOptions({ meta: { handlesError: true } }));
  const sent = useRef(false);
  const due = review !== undefined && review.firstTouchedAt === null && review.whyNotDecide === null;
  const reviewId = review?.id;
  // Effect: the first look is a fact about this visit, and no click stands for it.
  useEffect(() => {
    if (!due || reviewId === undefined || sent.current) return;
    sent.current = true;
    mutate({ reviewId });
  }, [due, reviewId, mutate]);
}

function Header({ review }: { review: ReviewDetail }) {
  const subject = review.subject;
  return (
    <PageHeader
      title={review.title}
      breadcrumbs={[{ label: "Reviews", href: "/reviews" }, { label: review.title }]}
      status={
        <>
          <StatusBadge status={review.state} />
          <StatusBadge status={review.environment} />
        </>
      }
      meta={
        <>
          <span>
            {review.requesterName} asked <TimeAgo value={review.createdAt} />
          </span>
          {review.state === "open" ? <DueDate value={review.dueAt} /> : null}
          <span>{review.assigneeName ? `Taken by ${review.assigneeName}` : "Nobody has taken it"}</span>
          {subject ? (
            <EntityLink
              kind={review.subjectKind.replace(/^model_/u, "")}
              href={subject.href}
              label={subject.name}
            />
          ) : null}
        </>
      }
      actions={<Actions review={review} />}
    />
  );
}

/** The approval screen: why, what blocks it, checks and differences to read; the verdict stays in view beside them, on a phone one touch away. */
export function ReviewPage({ reviewId }: { reviewId: string }) {
  const trpc = useTRPC();
  const { data: review, error, refetch } = useQuery(trpc.governance.review.queryOptions({ reviewId }));
  useLive([reviewTopic(reviewId)], [trpc.governance.review.queryKey({ reviewId })]);
  useTouch(review);
  if (error && !review) {
    const code = publicErrorOf(error)?.code;
    if (code === "not_found" || code === "invalid") return <NotFoundState what="This review" />;
    return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  }
  if (!review) return <DetailSkeleton />;
  return (
    <div className="flex flex-col gap-4">
      <Header review={review} />
      <ReviewBanner review={review} />
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="flex min-w-0 flex-col gap-4">
          <div className="grid items-start gap-4 xl:grid-cols-2">
            <Section title="Why" frame="card">
              <p className="break-words whitespace-pre-wrap">{review.rationale}</p>
            </Section>
            <Blockers review={review} />
          </div>
          <Checks review={review} />
          <Differences review={review} />
          <AffectedDeployments review={review} />
          <ReviewThread review={review} />
          <DecisionRecord review={review} />
        </div>
        <div className="min-w-0 lg:sticky lg:top-16 lg:max-h-[calc(100dvh-5rem)] lg:overflow-y-auto">
          <ReviewForm review={review} />
        </div>
      </div>
      <a
        href="#verdict"
        className={buttonVariants({
          variant: "primary",
          className: "sticky bottom-3 z-10 self-center shadow-lg lg:hidden",
        })}
      >
        {review.whyNotDecide ? "Comment" : "Your verdict"}
      </a>
    </div>
  );
}
