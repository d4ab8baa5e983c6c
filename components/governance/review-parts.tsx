"use client";
import { CircleAlert, CircleCheck } from "lucide-react";
import Link from "next/link";
import { EntityLink } from "@/components/common/entity-link";
import { Section } from "@/components/common/section";
import { StatusBadge } from "@/components/common/status-badge";
import { Callout } from "@/components/ui/callout";
import type { ReviewDetail } from "@/server/governance/reviews/get-review";
import { GateVerdicts } from "./gate-verdicts";

/** Why the review no longer counts, or will not: which digest changed. */
export function ReviewBanner({ review }: { review: ReviewDetail }) {
  if (review.isTrial && review.state === "open" && !review.staleBecause && !review.subjectProblem)
    return (
      <Callout tone="warning" title="This model runs its own code">
        <p>
          Approve only if you have read that code and would run it. It is then run by the gates, isolated as
          jobs are, to see whether it answers. The approval holds for exactly these files and admits them to
          no environment.
        </p>
      </Callout>
    );
  if (review.state === "void") {
    return (
      <Callout tone="warning" title="This review is void">
        <p>{review.stateReason}</p>
        <p>A new review can be requested for the content as it is now.</p>
      </Callout>
    );
  }
  if (review.staleBecause) {
    return (
      <Callout tone="warning" title="The content changed after the request">
        <p>{review.staleBecause} Deciding now makes this review void; ask for a new one.</p>
      </Callout>
    );
  }
  if (review.subjectProblem) {
    return (
      <Callout tone="warning" title="The subject cannot be shown in full">
        <p>{review.subjectProblem}</p>
      </Callout>
    );
  }
  return null;
}

/** Everything between the request and the environment, with who clears it. */
export function Blockers({ review }: { review: ReviewDetail }) {
  return (
    <Section title="What blocks this" frame="card">
      {review.blockers.length === 0 ? (
        <p className="flex items-center gap-2">
          <CircleCheck aria-hidden className="size-4 text-positive" />{" "}
          {review.isTrial
            ? "Nothing. Its code may be tried."
            : `Nothing. It may go to ${review.environment}.`}
        </p>
      ) : (
        <ul className="flex flex-col gap-2.5">
          {review.blockers.map((blocker) => (
            <li key={`${blocker.what}${blocker.clearedBy}`} className="flex gap-2">
              <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warning" />
              <span className="flex min-w-0 flex-col">
                <span className="break-words">{blocker.what}</span>
                <span className="text-sm text-fg-muted">
                  Cleared by:{" "}
                  {blocker.href ? (
                    <Link className="text-accent-text hover:underline" href={blocker.href}>
                      {blocker.clearedBy}
                    </Link>
                  ) : (
                    blocker.clearedBy
                  )}
                </span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

/** Deployments that approval would touch. */
export function AffectedDeployments({ review }: { review: ReviewDetail }) {
  const deployments = review.subject?.affectedDeployments ?? [];
  return (
    <Section title="Affected deployments" frame="card">
      {deployments.length === 0 ? (
        <p className="text-fg-muted">
          {review.isTrial
            ? "None: a trial serves nobody."
            : `None runs this model in ${review.environment} yet.`}
        </p>
      ) : (
        <ul className="flex flex-col gap-2">
          {deployments.map((deployment) => (
            <li key={deployment.href} className="flex flex-col">
              <span className="flex flex-wrap items-center gap-2">
                <EntityLink kind="deployment" href={deployment.href} label={deployment.name} />
                <StatusBadge status={deployment.environment} />
              </span>
              <span className="text-sm text-fg-muted">{deployment.effect}</span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

/** Each policy's verdict on exactly the content under review. */
export function Checks({ review }: { review: ReviewDetail }) {
  const { gates } = review;
  return (
    <Section
      title="Checks"
      frame="flush"
      actions={
        gates?.outcome ? (
          <StatusBadge status={gates.outcome} label={`Gates: ${review.gatesInWords ?? "not judged"}`} />
        ) : undefined
      }
    >
      {gates ? (
        <GateVerdicts verdicts={gates.verdicts} required={review.required} />
      ) : (
        <p className="px-3 py-2 text-fg-muted">The policies have not judged this content yet.</p>
      )}
    </Section>
  );
}
