"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Activity } from "lucide-react";
import Link from "next/link";
import { EmptyState } from "@/components/common/empty-state";
import { formatCount, formatNumber } from "@/components/common/format";
import { LiveDot } from "@/components/common/live-dot";
import { PageHeader } from "@/components/common/page-header";
import { StatusBadge } from "@/components/common/status-badge";
import { DataTable } from "@/components/data-table/data-table";
import { ListExport } from "@/components/data-table/list-export";
import type { Column } from "@/components/data-table/types";
import { useTableState } from "@/components/data-table/use-table-state";
import { useTRPC, useTRPCClient } from "@/components/kit/trpc";
import { buttonVariants } from "@/components/ui/button";
import { useLive } from "@/components/kit/use-live";
import { DriftBadge, P99Text, type Rate, RateText } from "./figures";
import { useWindow, WINDOW_WORDS, WindowPicker } from "./window-picker";
import { monitoringHref, monitoringTopic } from "@/server/monitoring/kinds";
import { deploymentsTopic } from "@/server/serving/kinds";

interface Row {
  id: string;
  name: string;
  environment: string;
  modelName: string | null;
  version: number | null;
  rolloutState: string | null;
  requests: number;
  errorRate: Rate;
  p99Ms: number | null;
  accuracy: Rate;
  drift: string | null;
  openAlerts: number;
}

const COLUMNS: Column<Row>[] = [
  {
    id: "name",
    header: "Deployment",
    fixed: true,
    cell: (row) => (
      <span className="flex min-w-0 flex-col">
        <span className="truncate font-medium">{row.name}</span>
        <span className="truncate text-sm text-fg-subtle">
          {row.modelName ?? "model"} {row.version === null ? "" : `version ${row.version}`}
        </span>
      </span>
    ),
  },
  {
    id: "environment",
    header: "Environment",
    from: "lg",
    cell: (row) => <StatusBadge status={row.environment} />,
  },
  { id: "requests", header: "Requests", align: "end", cell: (row) => formatNumber(row.requests, 0) },
  { id: "errors", header: "Errors", from: "md", cell: (row) => <RateText rate={row.errorRate} /> },
  {
    id: "p99",
    header: "p99",
    from: "lg",
    cell: (row) => <P99Text p99Ms={row.p99Ms} requests={row.requests} />,
  },
  {
    id: "accuracy",
    header: "Accuracy",
    from: "md",
    cell: (row) => <RateText rate={row.accuracy} nothing="no feedback" />,
  },
  { id: "drift", header: "Drift", from: "xl", cell: (row) => <DriftBadge verdict={row.drift} /> },
  {
    id: "state",
    header: "State",
    cell: (row) =>
      row.openAlerts > 0 ? (
        <StatusBadge status="firing" label={formatCount(row.openAlerts, "alert")} />
      ) : row.rolloutState ? (
        <StatusBadge status={row.rolloutState} />
      ) : row.requests > 0 ? (
        <StatusBadge status="healthy" label="No alert" />
      ) : (
        <StatusBadge status="no_data" label="No traffic" />
      ),
  },
];

/** Health of every deployment of the team over a window, live. */
export function MonitoredList() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const state = useTableState();
  const [window] = useWindow();
  const list = useQuery(
    trpc.monitoring.deployments.queryOptions(
      { q: state.q, window, cursor: state.cursor },
      { placeholderData: keepPreviousData },
    ),
  );
  const live = useLive([monitoringTopic, deploymentsTopic], [trpc.monitoring.deployments.queryKey()]);
  return (
    <>
      <PageHeader
        title="Monitoring"
        description={`How the deployments did in the ${WINDOW_WORDS[window]}. Shares carry their 95% interval and what they rest on.`}
        actions={<WindowPicker />}
        meta={<LiveDot updatedAt={live.updatedAt ?? null} status={live.status} />}
      />
      <DataTable<Row>
        caption="Deployments and their health"
        columns={COLUMNS}
        rows={list.data?.items}
        getRowId={(row) => row.id}
        rowLabel={(row) => row.name}
        rowHref={(row) => monitoringHref(row.name)}
        state={state}
        views="monitoring"
        toolbar={
          <ListExport
            name="monitoring"
            scope={`Deployments and their ${WINDOW_WORDS[window]}`}
            load={(cursor) => client.monitoring.deployments.query({ q: state.q, window, cursor, limit: 200 })}
          />
        }
        searchLabel="Search deployments"
        nextCursor={list.data?.nextCursor}
        refreshing={list.isPlaceholderData}
        error={list.error ?? undefined}
        onRetry={() => void list.refetch()}
        empty={
          <EmptyState
            icon={Activity}
            title="Nothing is deployed yet"
            text="Each deployment's requests, errors, latency, accuracy and drift appear here from its first request on."
            action={
              <Link href="/deployments/new" className={buttonVariants({ variant: "primary" })}>
                Deploy a version
              </Link>
            }
          />
        }
      />
    </>
  );
}
