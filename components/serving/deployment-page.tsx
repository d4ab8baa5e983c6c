"use client";
import { useQuery } from "@tanstack/react-query";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import type { ReactNode } from "react";
import { ErrorNotice } from "@/components/common/error-notice";
import { readError } from "@/components/kit/error-shape";
import { LiveDot } from "@/components/common/live-dot";
import { NotFoundState } from "@/components/common/not-found-state";
import { PageHeader } from "@/components/common/page-header";
import { ListSkeleton } from "@/components/common/skeletons";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { useTRPC } from "@/components/kit/trpc";
import { Tabs, TabsContent, TabsList, TabsTrigger } from "@/components/ui/tabs";
import { useLive } from "@/components/kit/use-live";
import { DeploymentActions } from "./deployment-actions";
import { DeploymentTimeline } from "./deployment-timeline";
import { RequestPanel } from "./request-panel";
import { RolloutHistory } from "./rollout-history";
import { ServesNow } from "./serves-now";
import { TrafficPanel } from "./traffic-panel";
import { deploymentTopic } from "@/server/serving/kinds";
import { environmentOf, type Environment } from "@/server/serving/rules";

const TABS = ["overview", "request", "rollouts", "timeline"] as const;
const LABELS = {
  overview: "Overview",
  request: "Send a request",
  rollouts: "Rollouts",
  timeline: "Timeline",
};

const SERVING: Readonly<Record<string, string>> = {
  serving: "serving",
  deploying: "deploying",
  failed: "failed",
  no_gateway: "inactive",
};

/** One endpoint: what it serves, its canary, its traffic, how to ask it, and its history. */
export function DeploymentPage({
  name,
  alerts,
  why,
}: {
  name: string;
  alerts?: ReactNode;
  /** On what the admission of a version stands. */
  why: (versionId: string, environment: Environment) => ReactNode;
}) {
  const trpc = useTRPC();
  const [tab, setTab] = useQueryState("tab", parseAsStringLiteral(TABS).withDefault("overview"));
  const found = useQuery(trpc.serving.get.queryOptions({ name }));
  const live = useLive(found.data ? [deploymentTopic(found.data.id)] : [], [
    trpc.serving.get.queryKey({ name }),
    trpc.serving.history.queryKey({ name }),
  ]);
  if (found.error && !found.data)
    return readError(found.error).code === "not_found" ? (
      <NotFoundState what="This deployment" />
    ) : (
      <ErrorNotice error={found.error} onRetry={() => void found.refetch()} />
    );
  if (!found.data) return <ListSkeleton />;
  const deployment = found.data;
  return (
    <>
      <PageHeader
        title={deployment.name}
        status={
          <StatusBadge
            status={
              deployment.rolloutId ? "rolling_out" : (SERVING[deployment.serving?.state ?? ""] ?? "inactive")
            }
          />
        }
        breadcrumbs={[{ label: "Deployments", href: "/deployments" }, { label: deployment.name }]}
        meta={
          <>
            <LiveDot status={live.status} updatedAt={live.updatedAt ?? null} />
            <StatusBadge status={deployment.environment} />
            <span>
              changed <TimeAgo value={deployment.updatedAt} />
            </span>
          </>
        }
        actions={<DeploymentActions deployment={deployment} />}
      />
      <Tabs
        value={tab}
        onValueChange={(value) => {
          const next = TABS.find((each) => each === value);
          if (next) void setTab(next);
        }}
      >
        <TabsList aria-label="Parts of the deployment">
          {TABS.map((each) => (
            <TabsTrigger key={each} value={each}>
              {LABELS[each]}
            </TabsTrigger>
          ))}
        </TabsList>
        <TabsContent value="overview" className="flex flex-col gap-6">
          {alerts}
          <ServesNow deployment={deployment} />
          {deployment.stable ? why(deployment.stable.id, environmentOf(deployment)) : null}
          <TrafficPanel name={name} />
        </TabsContent>
        <TabsContent value="request">
          <RequestPanel deployment={deployment} />
        </TabsContent>
        <TabsContent value="rollouts">
          <RolloutHistory deployment={deployment} />
        </TabsContent>
        <TabsContent value="timeline">
          <DeploymentTimeline name={name} />
        </TabsContent>
      </Tabs>
    </>
  );
}
