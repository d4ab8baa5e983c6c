"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { FlaskConical, Plus } from "lucide-react";
import { useState } from "react";
import { DisabledReason } from "@/components/common/disabled-reason";
import { EmptyState } from "@/components/common/empty-state";
import { formatCount } from "@/components/common/format";
import { LiveDot } from "@/components/common/live-dot";
import { PageHeader } from "@/components/common/page-header";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { DataTable } from "@/components/data-table/data-table";
import { ListExport } from "@/components/data-table/list-export";
import type { Column } from "@/components/data-table/types";
import { useTableState } from "@/components/data-table/use-table-state";
import { useCan } from "@/components/kit/use-can";
import { useTRPC, useTRPCClient } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import { later } from "@/components/ui/later";
import { useLive } from "@/components/kit/use-live";
import { trackingSnippets } from "./snippets";
import { experimentHref, experimentsTopic } from "@/server/experiments/kinds";

interface Row {
  id: number;
  name: string;
  runCount: number;
  runningCount: number;
  lastRunMs: number;
}

const COLUMNS: Column<Row>[] = [
  { id: "name", header: "Name", fixed: true, cell: (row) => row.name },
  { id: "id", header: "Id", align: "end", from: "md", cell: (row) => row.id },
  { id: "runs", header: "Runs", align: "end", cell: (row) => row.runCount },
  {
    id: "running",
    header: "Now",
    cell: (row) => (row.runningCount > 0 ? <StatusBadge status="running" /> : "–"),
  },
  { id: "last", header: "Last run", cell: (row) => <TimeAgo value={new Date(row.lastRunMs)} /> },
];

const CreateExperimentDialog = later(
  async () => (await import("./create-experiment-dialog")).CreateExperimentDialog,
);

function NewExperiment() {
  const can = useCan("experiments.run.write");
  const [open, setOpen] = useState(false);
  return (
    <>
      <DisabledReason reason={can.reason}>
        <Button variant="primary" onClick={() => setOpen(true)}>
          <Plus aria-hidden /> New experiment
        </Button>
      </DisabledReason>
      <CreateExperimentDialog open={open} onOpenChange={setOpen} />
    </>
  );
}

/** The team's experiments, the last used first. */
export function ExperimentsList() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const state = useTableState();
  const list = useQuery(
    trpc.experiments.list.queryOptions(
      { q: state.q, cursor: state.cursor },
      { placeholderData: keepPreviousData, refetchInterval: 10_000 },
    ),
  );
  const live = useLive([experimentsTopic], [trpc.experiments.list.queryKey()]);
  return (
    <>
      <PageHeader
        title="Experiments"
        description="Runs with their parameters, metrics, data and models, logged by any MLflow client."
        meta={<LiveDot updatedAt={live.updatedAt ?? null} status={live.status} />}
        actions={<NewExperiment />}
      />
      <DataTable
        caption="Experiments of this team"
        columns={COLUMNS}
        rows={list.data?.items}
        getRowId={(row) => String(row.id)}
        rowLabel={(row) => `${row.name}, ${formatCount(row.runCount, "run")}`}
        rowHref={(row) => experimentHref(row.id)}
        state={state}
        nextCursor={list.data?.nextCursor ?? null}
        refreshing={list.isPlaceholderData}
        error={list.error}
        onRetry={() => void list.refetch()}
        views="experiments"
        toolbar={
          <ListExport
            name="experiments"
            scope={state.filtered ? "The filtered experiments" : "All experiments"}
            load={(cursor) => client.experiments.list.query({ q: state.q, cursor, limit: 200 })}
          />
        }
        searchLabel="Search experiments"
        empty={
          <EmptyState
            icon={FlaskConical}
            title="No experiments yet"
            text="An experiment holds runs. Point your MLflow client here, or launch a template; the first run makes the experiment."
            snippets={trackingSnippets()}
          />
        }
      />
    </>
  );
}
