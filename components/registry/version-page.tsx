"use client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorNotice } from "@/components/common/error-notice";
import { readError } from "@/components/kit/error-shape";
import { LiveDot } from "@/components/common/live-dot";
import { NotFoundState } from "@/components/common/not-found-state";
import { OwnerChip } from "@/components/common/owner-chip";
import { PageHeader } from "@/components/common/page-header";
import { RowsSkeleton } from "@/components/common/skeletons";
import { SectionNav } from "@/components/common/section-nav";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { useTRPC } from "@/components/kit/trpc";
import { Callout } from "@/components/ui/callout";
import { useLive } from "@/components/kit/use-live";
import { AliasEditor } from "./alias-editor";
import { BlockersBox } from "./blockers-box";
import { CardPanel } from "./card-panel";
import { ComparePanel } from "./compare-panel";
import { ContractPanel } from "./contract-panel";
import { DeploymentsPanel } from "./deployments-panel";
import { EndpointPanel } from "./endpoint-panel";
import { EvaluationPanel } from "./evaluation-panel";
import { FilesPanel } from "./files-panel";
import { GatesBadge } from "./gates-badge";
import { GatesPanel } from "./gates-panel";
import { LineagePanel } from "./lineage-panel";
import { ServedByPanel } from "./served-by-panel";
import { SourcePanel } from "./source-panel";
import { TimelinePanel } from "./timeline-panel";
import type { VersionDetail } from "./types";
import { deployHref, VersionActions } from "./version-actions";
import { modelHref, versionTopic } from "@/server/registry/kinds";

function Header({ version, live }: { version: VersionDetail; live: ReactNode }) {
  return (
    <PageHeader
      breadcrumbs={[
        { label: "Models", href: "/models" },
        { label: version.modelName, href: modelHref(version.modelName) },
        { label: `Version ${version.number}` },
      ]}
      title={`${version.modelName} v${version.number}`}
      status={
        <>
          <StatusBadge status={version.state} />
          <GatesBadge outcome={version.gatesOutcome} words={version.gatesInWords} />
        </>
      }
      description={version.description || undefined}
      meta={
        <>
          <OwnerChip name={version.createdBy} />
          <span>
            registered <TimeAgo value={version.createdAt} />
          </span>
          <AliasEditor version={version} />
          {live}
        </>
      }
      actions={<VersionActions version={version} />}
    >
      {version.state === "failed" ? (
        <Callout tone="negative" title="This version cannot be used">
          {version.stateText}
        </Callout>
      ) : version.gatesOutcome === null ? (
        <Callout tone="info" title={version.stateText || "Waiting for the gates"} />
      ) : null}
    </PageHeader>
  );
}

const SECTIONS = [
  { id: "gates", label: "Gates" },
  { id: "why-production", label: "Why it is admitted" },
  { id: "contract", label: "Contract" },
  { id: "evaluation", label: "Evaluation" },
  { id: "card", label: "Card" },
  { id: "files", label: "Files" },
  { id: "source", label: "Source" },
  { id: "compare", label: "Compare" },
  { id: "lineage", label: "Lineage" },
  { id: "deployments", label: "Deployments" },
  { id: "timeline", label: "Timeline" },
];

/** One version, live: state, what blocks it, proofs, contract, card, files, origin. `verdicts` draws what the gates said, `why` who decided. */
export function VersionPage({
  name,
  number,
  verdicts,
  why,
}: {
  name: string;
  number: number;
  why: (versionId: string) => ReactNode;
  verdicts: (gates: NonNullable<VersionDetail["gates"]>) => ReactNode;
}) {
  const trpc = useTRPC();
  const query = useQuery(trpc.registry.version.queryOptions({ name, version: number }));
  const id = query.data?.id;
  const live = useLive(id ? [versionTopic(id)] : [], [trpc.registry.pathKey()]);
  if (query.error && readError(query.error).code === "not_found")
    return <NotFoundState what="This version" />;
  if (query.error && !query.data)
    return <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />;
  const version = query.data;
  if (!version) return <RowsSkeleton />;
  return (
    <>
      <Header version={version} live={<LiveDot status={live.status} updatedAt={live.updatedAt ?? null} />} />
      <SectionNav sections={SECTIONS} />
      <div className="flex flex-col gap-6">
        <BlockersBox version={version} />
        <GatesPanel version={version} verdicts={verdicts} />
        {why(version.id)}
        <ServedByPanel version={version} />
        <EndpointPanel version={version} />
        <ContractPanel version={version} />
        <EvaluationPanel version={version} />
        <CardPanel version={version} />
        <FilesPanel version={version} />
        <SourcePanel version={version} />
        <ComparePanel version={version} />
        <LineagePanel version={version} />
        <DeploymentsPanel deployments={version.deployments} deployHref={deployHref(version)} />
        <TimelinePanel name={name} versionId={version.id} />
      </div>
    </>
  );
}
