"use client";
import {
  CircleCheck,
  CircleSlash,
  CircleX,
  ClipboardCheck,
  Download,
  MessageSquare,
  Undo2,
} from "lucide-react";
import { DigestChip } from "@/components/common/digest-chip";
import { KeyValue } from "@/components/common/key-value";
import { Section } from "@/components/common/section";
import { ShareButton } from "@/components/common/share-button";
import { Timeline, type TimelineEntry } from "@/components/common/timeline";
import { Button } from "@/components/ui/button";
import type { ReviewDetail } from "@/server/governance/reviews/get-review";
import { attestationHref, reviewHref } from "@/server/governance/kinds";

const LOOKS = {
  approve: { icon: CircleCheck, tone: "positive", text: "approved this" },
  request_changes: { icon: Undo2, tone: "warning", text: "requested changes" },
  reject: { icon: CircleX, tone: "negative", text: "rejected this" },
  comment: { icon: MessageSquare, tone: "neutral", text: "commented" },
} as const;

function entriesOf(review: ReviewDetail): TimelineEntry[] {
  const said = review.decisions.map((each): TimelineEntry => {
    const look = LOOKS[each.decision as keyof typeof LOOKS] ?? LOOKS.comment;
    return {
      id: each.id,
      at: each.createdAt,
      actor: each.reviewerName,
      text: each.actorKind === "token" ? `${look.text} by API token` : look.text,
      icon: look.icon,
      tone: look.tone,
      detail: <p className="break-words whitespace-pre-wrap">{each.reason}</p>,
      ...(each.attestationId
        ? {
            cause: { label: "Attestation of this decision", href: attestationHref(each.attestationId) },
          }
        : {}),
    };
  });
  const ended: TimelineEntry[] =
    review.state === "void" || review.state === "withdrawn"
      ? [
          {
            id: "ended",
            at: review.decidedAt ?? review.createdAt,
            actor: review.state === "void" ? "Modelworks" : review.requesterName,
            text: review.state === "void" ? "made this review void" : "withdrew the request",
            icon: CircleSlash,
            tone: "warning",
            detail: <p>{review.stateReason}</p>,
          },
        ]
      : [];
  const asked: TimelineEntry = {
    id: "asked",
    at: review.createdAt,
    actor: review.requesterName,
    text: review.isTrial
      ? "asked whether its own code may be tried"
      : `asked for a review for ${review.environment}`,
    icon: ClipboardCheck,
  };
  return [asked, ...said, ...ended];
}

/** What was said and decided, in order. */
export function ReviewThread({ review }: { review: ReviewDetail }) {
  return (
    <Section title="Conversation" frame="card">
      <Timeline entries={entriesOf(review)} label="Conversation and decisions" />
    </Section>
  );
}

/** What an approval is bound to, and how to take the record away. */
export function DecisionRecord({ review }: { review: ReviewDetail }) {
  const decision = review.decisions.find((each) => each.decision !== "comment");
  return (
    <Section title="Decision record" frame="card">
      <p className="text-sm text-fg-muted">A decision holds for exactly these digests.</p>
      <KeyValue
        items={Object.entries(review.boundDigests).map(([name, digest]) => ({
          label: name.charAt(0).toUpperCase() + name.slice(1),
          value: <DigestChip digest={digest} label={`${name} digest`} />,
        }))}
      />
      <div className="mt-3 flex flex-wrap gap-2">
        <Button size="sm" asChild>
          <a href={`/api/v1/reviews/${review.id}/export`} download>
            <Download aria-hidden /> Export JSON
          </a>
        </Button>
        {decision?.attestationId ? (
          <Button size="sm" asChild>
            <a href={`/api/v1/attestations/${decision.attestationId}/bundle`} download>
              <Download aria-hidden /> Signed decision
            </a>
          </Button>
        ) : null}
        <ShareButton path={reviewHref(review.id)} label="Permalink" size="sm" />
      </div>
    </Section>
  );
}
