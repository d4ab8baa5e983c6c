"use client";
import Link from "next/link";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import type { ReactNode } from "react";
import { readError } from "@/components/kit/error-shape";
import { ErrorNotice } from "@/components/common/error-notice";
import { EntityLink } from "@/components/common/entity-link";
import { formatDuration } from "@/components/common/format";
import { LiveDot } from "@/components/common/live-dot";
import { NotFoundState } from "@/components/common/not-found-state";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { ShareButton } from "@/components/common/share-button";
import { ChartSkeleton, ListSkeleton } from "@/components/common/skeletons";
import { StatusBadge } from "@/components/common/status-badge";
import { Elapsed, TimeAgo } from "@/components/common/time-ago";
import { useNow } from "@/components/common/use-now";
import { Callout, type CalloutTone } from "@/components/ui/callout";
import { cn } from "@/components/ui/cn";
import { CanaryChart } from "./canary-chart";
import { CriteriaFacts } from "./criteria-facts";
import { GatewayList } from "./gateway-list";
import { METRICS } from "./metrics";
import { RolloutControls } from "./rollout-controls";
import { RolloutExport } from "./rollout-export";
import { rolloutStatus, stageClockMs } from "./rollout-model";
import { RolloutTimeline } from "./rollout-timeline";
import { ShareBar } from "./share-bar";
import { StepLadder } from "./step-ladder";
import type { RolloutView } from "./types";
import { useRollout } from "./use-rollout";
import { VerdictCards } from "./verdict-cards";
import { templateHref } from "@/server/compute/kinds";
import { versionHref } from "@/server/registry/kinds";
import { deploymentHref } from "@/server/serving/kinds";
import { environmentOf, type Environment } from "@/server/serving/rules";

const TONES: Record<string, CalloutTone> = {
  succeeded: "positive",
  promoting: "positive",
  rolled_back: "negative",
  rolling_back: "negative",
  aborted: "warning",
  paused: "warning",
};

const TITLES: Record<string, string> = {
  pending: "Gateways load it: it gets no request before every one of them serves it",
  succeeded: "The new version took over",
  promoting: "All requests are moving to the new version",
  rolled_back: "The canary was rolled back",
  rolling_back: "Requests are moving back to the stable version",
  aborted: "The rollout was aborted",
  paused: "Paused by a person",
};

/** What it comes down to now, in one sentence. */
function Standing({ rollout }: { rollout: RolloutView }) {
  const held = rollout.state === "running" && rollout.verdict?.action === "hold";
  const title = held ? "Held for a person: decide to promote or abort" : TITLES[rollout.state];
  const text = rollout.state === "running" ? rollout.verdict?.reason : rollout.stateReason;
  if (!text && !title) return null;
  return (
    <div aria-live="polite">
      <Callout tone={held ? "warning" : (TONES[rollout.state] ?? "info")} title={title}>
        {text}
      </Callout>
    </div>
  );
}

/** Requests that were under way may still be counted. */
const PATIENCE_MS = 15_000;

/** A canary without requests waits for ever and says nothing: what is missing is traffic, and this is how to send some. */
function NoTraffic({
  rollout,
  counts,
}: {
  rollout: RolloutView;
  counts: { stable: number; canary: number } | undefined;
}) {
  const now = useNow();
  const name = rollout.deployment?.name;
  if (now === 0 || stageClockMs(rollout, now) < PATIENCE_MS) return null;
  if (rollout.state !== "running" || rollout.stages.length === 0 || !counts || !name) return null;
  if (counts.canary > 0 || counts.stable > 0) return null;
  const replay = new URLSearchParams({ "param.deployment": name });
  return (
    <Callout tone="warning" title="No requests come, so nothing can be decided">
      <p>
        A stage needs requests on both versions.{" "}
        <Link className="text-accent-text underline" href={`${deploymentHref(name)}?tab=request`}>
          Send requests to {name}
        </Link>{" "}
        with the snippet there, or{" "}
        <Link className="text-accent-text underline" href={`${templateHref("replay")}?${replay.toString()}`}>
          replay held-out rows
        </Link>{" "}
        until the canary has ended.
      </p>
    </Callout>
  );
}

function VersionLink({ rollout, version }: { rollout: RolloutView; version: RolloutView["to"] }) {
  if (!version || !rollout.deployment) return "no version";
  return (
    <Link
      href={versionHref(rollout.deployment.modelName, version.number)}
      className="text-accent-text hover:underline"
    >
      Version {version.number}
    </Link>
  );
}

function Meta({ rollout }: { rollout: RolloutView }) {
  return (
    <>
      <EntityLink
        kind="deployment"
        href={deploymentHref(rollout.deployment?.name ?? "")}
        label={rollout.deployment?.name ?? ""}
      />
      <span>
        <VersionLink rollout={rollout} version={rollout.from} /> →{" "}
        <VersionLink rollout={rollout} version={rollout.to} />
      </span>
      <span>
        started <TimeAgo value={rollout.createdAt} />
      </span>
      <span>
        {rollout.finishedAt ? "took " : "under way for "}
        <Elapsed from={rollout.createdAt} to={rollout.finishedAt} format={formatDuration} />
      </span>
      <ShareBar sharePercent={rollout.sharePercent} className="w-32" />
    </>
  );
}

/** Stages, verdicts and the chart: what a canary is judged by. */
function Judged(props: {
  rollout: RolloutView;
  chart: ReturnType<typeof useRollout>["chart"];
  metric: (typeof METRICS)[number];
  onMetric: (metric: (typeof METRICS)[number]) => void;
}) {
  const { rollout, chart, metric } = props;
  return (
    <>
      <StepLadder rollout={rollout} counts={chart.data?.stageRequests} />

      <Section
        title="Verdicts"
        description="Each metric by a test that holds at every look. Choose one to see it below."
      >
        <VerdictCards rollout={rollout} chart={chart.data} metric={metric} onMetric={props.onMetric} />
      </Section>
      <Section
        title="Chart"
        description="Bands are stages; ribbons are 95% intervals and shrink as requests come; hatching is no data."
      >
        {chart.data ? (
          <CanaryChart rollout={rollout} chart={chart.data} metric={metric} onMetric={props.onMetric} />
        ) : chart.error ? (
          <ErrorNotice error={chart.error} onRetry={() => void chart.refetch()} />
        ) : (
          <ChartSkeleton height={300} />
        )}
      </Section>
    </>
  );
}

/** The live canary: stages, verdicts, the chart, who did what. After the end it stands still as the record. */
export function RolloutPage({
  name,
  rolloutId,
  why,
}: {
  name: string;
  rolloutId: string;
  /** On what the admission of a version stands. */
  why: (versionId: string, environment: Environment) => ReactNode;
}) {
  const { rollout: found, chart, live, open } = useRollout(name, rolloutId);
  const [chosen, setMetric] = useQueryState("metric", parseAsStringLiteral(METRICS));
  if (found.error && !found.data)
    return readError(found.error).code === "not_found" ? (
      <NotFoundState what="This rollout" />
    ) : (
      <ErrorNotice error={found.error} onRetry={() => void found.refetch()} />
    );
  if (!found.data) return <ListSkeleton />;
  const rollout = found.data;
  // Without a choice the metric that failed is shown: it is why one came.
  const failed = rollout.verdict?.verdicts.find((verdict) => verdict.status === "fail")?.metric;
  const metric = chosen ?? failed ?? "errorRate";
  const atOnce = rollout.stages.length === 0;
  const what = `${atOnce ? "Deploy" : "Canary"} of version ${rollout.to?.number ?? "?"}`;
  const choose = (next: (typeof METRICS)[number]) => void setMetric(next);
  return (
    <>
      <PageHeader
        title={what}
        status={<StatusBadge status={rolloutStatus(rollout.state)} />}
        breadcrumbs={[
          { label: "Deployments", href: "/deployments" },
          { label: name, href: deploymentHref(name) },
          { label: what },
        ]}
        meta={
          <>
            {open ? (
              <LiveDot status={live.status} updatedAt={chart.dataUpdatedAt || null} staleAfterMs={15_000} />
            ) : (
              <span>Frozen at the end</span>
            )}
            <Meta rollout={rollout} />
          </>
        }
        actions={
          <>
            <ShareButton />
            <RolloutExport rollout={rollout} chart={chart.data} />
            {open ? <RolloutControls rollout={rollout} /> : null}
          </>
        }
      />
      <div className="flex flex-col gap-6">
        <Standing rollout={rollout} />
        <NoTraffic rollout={rollout} counts={chart.data?.stageRequests[rollout.stageIndex]} />
        {rollout.gateways && rollout.notServed !== "" ? (
          <Section
            title="Gateways"
            description="It takes no more of the requests while a running gateway does not serve it."
          >
            <GatewayList gateways={rollout.gateways} label="Gateways and whether they serve it" />
          </Section>
        ) : null}
        {atOnce ? null : <Judged rollout={rollout} chart={chart} metric={metric} onMetric={choose} />}
        <div className={cn("grid gap-6", !atOnce && "lg:grid-cols-[3fr_2fr]")}>
          <Section title="Timeline">
            <RolloutTimeline rollout={rollout} />
          </Section>
          {atOnce ? null : (
            <Section title="Criteria">
              <CriteriaFacts criteria={rollout.criteria} />
            </Section>
          )}
        </div>
        {rollout.deployment ? why(rollout.toVersionId, environmentOf(rollout.deployment)) : null}
      </div>
    </>
  );
}
