"use client";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { FlaskConical, Plus } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { DisabledReason } from "@/components/common/disabled-reason";
import { EmptyState } from "@/components/common/empty-state";
import { ErrorNotice } from "@/components/common/error-notice";
import { formatCount } from "@/components/common/format";
import { LiveDot } from "@/components/common/live-dot";
import { PageHeader } from "@/components/common/page-header";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { DataTable } from "@/components/data-table/data-table";
import type { Column } from "@/components/data-table/types";
import { useTableState } from "@/components/data-table/use-table-state";
import { useCan } from "@/components/identity/use-can";
import { useTRPC } from "@/components/trpc";
import { Button } from "@/components/ui/button";
import { Dialog, DialogContent, DialogTitle, DialogTrigger } from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { useLive } from "@/components/use-live";
import { trackingSnippets } from "./snippets";

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

function NewExperiment() {
  const trpc = useTRPC();
  const router = useRouter();
  const can = useCan("experiments.run.write");
  const [name, setName] = useState("");
  const create = useMutation(
    trpc.experiments.create.mutationOptions({
      meta: { handlesError: true },
      onSuccess: (row) => router.push(`/experiments/${row.id}`),
    }),
  );
  const button = (
    <Button variant="primary">
      <Plus aria-hidden /> New experiment
    </Button>
  );
  if (!can.allowed) return <DisabledReason reason={can.reason}>{button}</DisabledReason>;
  return (
    <Dialog>
      <DialogTrigger asChild>{button}</DialogTrigger>
      <DialogContent>
        <DialogTitle>New experiment</DialogTitle>
        <form
          className="flex flex-col gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            create.mutate({ name });
          }}
        >
          <Label htmlFor="experiment-name">Name</Label>
          <Input
            id="experiment-name"
            value={name}
            required
            maxLength={500}
            onChange={(event) => setName(event.target.value)}
          />
          {create.error ? <ErrorNotice error={create.error} /> : null}
          <div className="flex justify-end">
            <Button type="submit" variant="primary" pending={create.isPending}>
              Create experiment
            </Button>
          </div>
        </form>
      </DialogContent>
    </Dialog>
  );
}

/** The team's experiments, the last used first. */
export function ExperimentsList() {
  const trpc = useTRPC();
  const state = useTableState();
  const list = useQuery(
    trpc.experiments.list.queryOptions(
      { q: state.q, cursor: state.cursor },
      { placeholderData: keepPreviousData, refetchInterval: 10_000 },
    ),
  );
  const live = useLive(["experiments"], [trpc.experiments.list.queryKey()]);
  return (
    <>
      <PageHeader
        title="Experiments"
        description="Runs with their parameters, metrics, data and models, logged by any MLflow client."
        meta={<LiveDot updatedAt={live.updatedAt ?? null} connected={live.status !== "stale"} />}
        actions={<NewExperiment />}
      />
      <DataTable
        caption="Experiments of this team"
        columns={COLUMNS}
        rows={list.data?.items}
        getRowId={(row) => String(row.id)}
        rowLabel={(row) => `${row.name}, ${formatCount(row.runCount, "run")}`}
        rowHref={(row) => `/experiments/${row.id}`}
        state={state}
        nextCursor={list.data?.nextCursor ?? null}
        refreshing={list.isPlaceholderData}
        error={list.error}
        onRetry={() => void list.refetch()}
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
