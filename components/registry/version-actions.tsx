"use client";
import { ClipboardCheck, Rocket } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { DisabledReason } from "@/components/common/disabled-reason";
import { useCan } from "@/components/kit/use-can";
import { Button } from "@/components/ui/button";
import { later } from "@/components/ui/later";
import type { VersionDetail } from "./types";

const RequestReviewDialog = later(async () => (await import("./request-review-dialog")).RequestReviewDialog);

export const deployHref = (version: { modelName: string; number: number }) =>
  `/deployments/new?model=${encodeURIComponent(version.modelName)}&version=${version.number}`;

/** The next steps of a version: review and deployment. The one that is next comes last and stands out; after a rollback none does. */
export function VersionActions({ version }: { version: VersionDetail }) {
  const [asking, setAsking] = useState(false);
  const review = useCan("governance.review.request");
  const deploy = useCan("serving.deployment.write");
  const staging = version.blockers.staging.length === 0;
  const deployReason = !deploy.allowed
    ? deploy.reason
    : staging
      ? null
      : `Blocked: ${version.blockers.staging[0]?.what ?? "see what blocks promotion"}`;
  const nothingHere = version.state === "reference" ? version.stateText : null;
  const reviewReason = review.allowed ? nothingHere : review.reason;
  return (
    <>
      <DisabledReason reason={reviewReason}>
        <Button onClick={() => setAsking(true)}>
          <ClipboardCheck aria-hidden /> Request review
        </Button>
      </DisabledReason>
      {deployReason === null ? (
        <Button asChild variant={version.setbacks.length > 0 ? "secondary" : "primary"}>
          <Link href={deployHref(version)}>
            <Rocket aria-hidden /> Deploy
          </Link>
        </Button>
      ) : (
        <DisabledReason reason={deployReason}>
          <Button variant="primary">
            <Rocket aria-hidden /> Deploy
          </Button>
        </DisabledReason>
      )}
      <RequestReviewDialog version={version} open={asking} onOpenChange={setAsking} />
    </>
  );
}
