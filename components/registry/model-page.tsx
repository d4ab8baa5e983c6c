"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import type { ReactNode } from "react";
import { CopySnippet } from "@/components/common/copy-snippet";
import { ErrorNotice } from "@/components/common/error-notice";
import { readError } from "@/components/kit/error-shape";
import { LiveDot } from "@/components/common/live-dot";
import { NotFoundState } from "@/components/common/not-found-state";
import { OwnerChip } from "@/components/common/owner-chip";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { RowsSkeleton } from "@/components/common/skeletons";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { useTRPC } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import { useLive } from "@/components/kit/use-live";
import { AliasEditor } from "./alias-editor";
import { BlockersBox } from "./blockers-box";
import { CardPanel } from "./card-panel";
import { DeploymentsPanel } from "./deployments-panel";
import { EvaluationPanel } from "./evaluation-panel";
import { GatesBadge } from "./gates-badge";
import { GatesPanel } from "./gates-panel";
import { LineagePanel } from "./lineage-panel";
import { versionHref } from "@/server/registry/kinds";
import { usageSnippets } from "./snippets";
import { ProtectionPanel } from "./protection-panel";
import { TimelinePanel } from "./timeline-panel";
import type { ModelDetail, VersionDetail } from "./types";
import { useOrigin } from "@/components/common/use-origin";
import { deployHref, VersionActions } from "./version-actions";
import { VersionsPanel } from "./versions-panel";
import { modelTopic, versionTopic } from "@/server/registry/kinds";

function Header({ model, live }: { model: ModelDetail; live: ReactNode }) {
  const { current } = model;
  return (
    <PageHeader
      breadcrumbs={[{ label: "Models", href: "/models" }, { label: model.name }]}
      title={model.name}
      status={
        current ? (
          <>
            <StatusBadge status={current.state} />
            <GatesBadge outcome={current.gatesOutcome} words={current.gatesInWords} />
          </>
        ) : undefined
      }
      description={model.description || current?.card.fields.summary}
      meta={
        <>
          <OwnerChip name={model.owner} />
          <span>
            updated <TimeAgo value={model.updatedAt} />
          </span>
          {current ? (
            <>
              <Button variant="link" size="sm" asChild>
                <Link href={versionHref(model.name, current.number)}>Version {current.number}</Link>
              </Button>
              <AliasEditor version={current} />
            </>
          ) : null}
          {live}
        </>
      }
      actions={current ? <VersionActions version={current} /> : undefined}
    />
  );
}

function NoVersion({ name, origin }: { name: string; origin: string }) {
  const code = [
    "import mlflow",
    `mlflow.set_tracking_uri("${origin}")  # token in MLFLOW_TRACKING_TOKEN`,
    "with mlflow.start_run():",
    `    mlflow.onnx.log_model(onnx_model, name="model", registered_model_name="${name}")`,
  ].join("\n");
  return (
    <Section title="Register the first version" description="From a job, a notebook, or a run's page.">
      <CopySnippet snippets={[{ label: "Python", language: "python", code }]} />
    </Section>
  );
}

/** A model: its current version in full, then all versions, lineage, deployments, proofs and history. */
export function ModelPage({
  name,
  verdicts,
}: {
  name: string;
  verdicts: (gates: NonNullable<VersionDetail["gates"]>) => ReactNode;
}) {
  const trpc = useTRPC();
  const origin = useOrigin();
  const query = useQuery(trpc.registry.model.queryOptions({ name }));
  const ids = query.data
    ? [modelTopic(query.data.id), ...(query.data.current ? [versionTopic(query.data.current.id)] : [])]
    : [];
  const live = useLive(ids, [trpc.registry.pathKey()]);
  if (query.error && readError(query.error).code === "not_found") return <NotFoundState what="This model" />;
  if (query.error && !query.data)
    return <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />;
  const model = query.data;
  if (!model) return <RowsSkeleton />;
  const { current } = model;
  return (
    <>
      <Header model={model} live={<LiveDot status={live.status} updatedAt={live.updatedAt ?? null} />} />
      <div className="flex flex-col gap-6">
        {current ? (
          <>
            <BlockersBox version={current} />
            <Section id="use" title="Use it">
              <CopySnippet snippets={usageSnippets(current, origin)} />
            </Section>
            <EvaluationPanel version={current} />
            <CardPanel version={current} />
          </>
        ) : (
          <NoVersion name={name} origin={origin} />
        )}
        <VersionsPanel model={model} />
        <ProtectionPanel model={model} />
        {current ? (
          <>
            <LineagePanel version={current} />
            <DeploymentsPanel deployments={model.deployments} deployHref={deployHref(current)} />
            <GatesPanel version={current} verdicts={verdicts} />
          </>
        ) : null}
        <TimelinePanel name={name} />
      </div>
    </>
  );
}
