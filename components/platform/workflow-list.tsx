"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Workflow } from "lucide-react";
import { EmptyState } from "@/components/common/empty-state";
import { Section } from "@/components/common/section";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { DataTable } from "@/components/data-table/data-table";
import { ListExport } from "@/components/data-table/list-export";
import type { Column, Facet } from "@/components/data-table/types";
import { useTableState } from "@/components/data-table/use-table-state";
import { useTRPC, useTRPCClient } from "@/components/kit/trpc";

interface Item {
  id: string;
  name: string;
  status: string;
  executorId: string | null;
  createdAt: Date;
  updatedAt: Date;
}

const LOOK: Record<string, string> = {
  PENDING: "running",
  ENQUEUED: "queued",
  SUCCESS: "succeeded",
  ERROR: "error",
  CANCELLED: "cancelled",
  MAX_RECOVERY_ATTEMPTS_EXCEEDED: "dead",
};
const FACETS: Facet[] = [
  {
    id: "status",
    label: "State",
    single: true,
    options: [
      { value: "PENDING", label: "Running" },
      { value: "ENQUEUED", label: "Queued" },
      { value: "ERROR", label: "Error" },
      { value: "SUCCESS", label: "Succeeded" },
      { value: "CANCELLED", label: "Cancelled" },
    ],
  },
];
const COLUMNS: Column<Item>[] = [
  {
    id: "name",
    header: "Workflow",
    fixed: true,
    cell: (row) => (
      <span className="flex flex-col">
        <span className="font-mono text-sm">{row.name}</span>
        <span className="font-mono text-xs break-all text-fg-subtle">{row.id}</span>
      </span>
    ),
  },
  { id: "status", header: "State", cell: (row) => <StatusBadge status={LOOK[row.status] ?? row.status} /> },
  {
    id: "executor",
    header: "Worker",
    from: "lg",
    cell: (row) => <span className="font-mono text-xs">{row.executorId ?? "–"}</span>,
  },
  { id: "created", header: "Started", from: "md", cell: (row) => <TimeAgo value={row.createdAt} /> },
  { id: "updated", header: "Last change", from: "sm", cell: (row) => <TimeAgo value={row.updatedAt} /> },
];

/** Durable workflows as the engine records them. */
export function WorkflowList() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const table = useTableState({ facets: ["status"], prefix: "wf-" });
  const status = table.facets.status?.at(-1);
  const list = useQuery(
    trpc.platform.workflows.queryOptions(
      { status, cursor: table.cursor, limit: 25 },
      { placeholderData: keepPreviousData, refetchInterval: 5_000 },
    ),
  );
  return (
    <Section title="Workflows">
      <DataTable<Item>
        caption="Durable workflows, newest first"
        columns={COLUMNS}
        rows={list.data?.items}
        getRowId={(row) => row.id}
        rowLabel={(row) => row.name}
        state={table}
        facets={FACETS}
        searchLabel={null}
        toolbar={
          <ListExport
            name="workflows"
            scope={table.filtered ? "The filtered workflows" : "All workflows"}
            load={(cursor) => client.platform.workflows.query({ status, cursor, limit: 200 })}
          />
        }
        nextCursor={list.data?.nextCursor}
        refreshing={list.isPlaceholderData}
        error={list.error ?? undefined}
        onRetry={() => void list.refetch()}
        empty={
          <EmptyState
            icon={Workflow}
            title="No workflow has run"
            text="Jobs, gates and other long work run as durable workflows that survive a crash of any process."
          />
        }
      />
    </Section>
  );
}
