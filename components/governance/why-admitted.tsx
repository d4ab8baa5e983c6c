"use client";
import { useQuery } from "@tanstack/react-query";
import type { inferRouterOutputs } from "@trpc/server";
import Link from "next/link";
import { ErrorNotice } from "@/components/common/error-notice";
import { Section } from "@/components/common/section";
import { RowsSkeleton } from "@/components/common/skeletons";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { useTRPC } from "@/components/kit/trpc";
import type { AppRouter } from "@/server/house/router";
import { verdictWord } from "@/server/governance/gates/rules";
import { attestationHref, policyHref, reviewHref } from "@/server/governance/kinds";

type Evidence = inferRouterOutputs<AppRouter>["governance"]["evidence"];
type Environment = "staging" | "production";

const link = "inline-flex min-h-6 items-center text-accent-text hover:underline";

const SAID: Record<string, string> = {
  approve: "approved it",
  reject: "rejected it",
  request_changes: "asked for changes",
};

function Decision({ evidence, environment }: { evidence: Evidence; environment: Environment }) {
  const { decision, needsReview } = evidence;
  if (!decision)
    return (
      <p className="text-fg-muted">
        {needsReview
          ? `Nobody has decided about ${environment} yet.`
          : `No person has to approve ${environment}.`}
      </p>
    );
  return (
    <div className="flex flex-col gap-1">
      <p className="flex flex-wrap items-center gap-x-2">
        <StatusBadge status={decision.state} />
        <span>
          <span className="font-medium">{decision.reviewer}</span> ({decision.role}){" "}
          {SAID[decision.decision] ?? "decided"} <TimeAgo value={decision.at} />
        </span>
        <Link className={link} href={reviewHref(decision.reviewId)}>
          Review
        </Link>
        {decision.attestationId ? (
          <Link className={link} href={attestationHref(decision.attestationId)}>
            Attestation
          </Link>
        ) : null}
      </p>
      {decision.reason ? (
        <blockquote className="border-l-2 pl-3 text-fg-muted">{decision.reason}</blockquote>
      ) : null}
      {decision.state === "void" ? <p className="text-fg-muted">{decision.stateReason}</p> : null}
    </div>
  );
}

function Verdict({
  verdict,
  acceptedBy,
}: {
  verdict: Evidence["verdicts"][number];
  /** Who approved although it does not pass. */
  acceptedBy: string | undefined;
}) {
  return (
    <li className="flex flex-wrap items-center gap-x-2">
      <StatusBadge status={verdict.result ?? "missing"} label={verdictWord(verdict.result ?? "missing")} />
      <Link className={link} href={policyHref(verdict.policy)}>
        {verdict.policy}
        {verdict.version === null ? "" : ` v${verdict.version}`}
      </Link>
      {verdict.result !== null && verdict.result !== "pass" && acceptedBy ? (
        <span className="text-sm text-fg-muted">accepted by {acceptedBy}</span>
      ) : null}
      {verdict.at ? <TimeAgo value={verdict.at} className="text-sm text-fg-muted" /> : null}
      {verdict.id ? (
        <Link className={link} href={attestationHref(verdict.id)}>
          Attestation
        </Link>
      ) : null}
    </li>
  );
}

/** On what an environment's admission of a model version stands, each part one click away. */
export function WhyAdmitted({ versionId, environment }: { versionId: string; environment: Environment }) {
  const trpc = useTRPC();
  const found = useQuery(trpc.governance.evidence.queryOptions({ subjectId: versionId, environment }));
  return (
    <Section id={`why-${environment}`} title={`Why ${environment} admits it or not`} frame="card">
      {found.error ? <ErrorNotice error={found.error} onRetry={() => void found.refetch()} /> : null}
      {found.data ? (
        <div className="grid gap-4 lg:grid-cols-2">
          <Decision evidence={found.data} environment={environment} />
          <ul aria-label="Verdicts of policies" className="flex flex-col gap-1">
            {found.data.verdicts.map((verdict) => (
              <Verdict
                key={verdict.policy}
                verdict={verdict}
                acceptedBy={
                  found.data.decision?.state === "approved" ? found.data.decision.reviewer : undefined
                }
              />
            ))}
          </ul>
        </div>
      ) : found.error ? null : (
        <RowsSkeleton />
      )}
    </Section>
  );
}
