"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { parseAsString, useQueryState } from "nuqs";
import { EmptyState } from "@/components/common/empty-state";
import { formatDuration } from "@/components/common/format";
import { Section } from "@/components/common/section";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { later } from "@/components/ui/later";
import { DataTable } from "@/components/data-table/data-table";
import { ListExport } from "@/components/data-table/list-export";
import type { Column, Facet } from "@/components/data-table/types";
import { useTableState } from "@/components/data-table/use-table-state";
import { useTRPC, useTRPCClient } from "@/components/kit/trpc";
import { Rows3 } from "lucide-react";

const PredictionDrawer = later(async () => (await import("./prediction-drawer")).PredictionDrawer);

interface Row {
  id: string;
  at: Date;
  arm: string;
  version: number | null;
  status: number;
  error: string | null;
  latencyMs: number;
  predicted: string | null;
  outcome: string | null;
  isCorrect: boolean | null;
}

const OUTCOMES = ["failed", "slow", "correct", "wrong", "unlabelled"] as const;
const ARMS = ["stable", "canary"] as const;
const FACETS: Facet[] = [
  {
    id: "outcome",
    label: "Outcome",
    single: true,
    options: [
      { value: "failed", label: "Failed" },
      { value: "slow", label: "Slower than the bound" },
      { value: "correct", label: "Right" },
      { value: "wrong", label: "Wrong" },
      { value: "unlabelled", label: "No feedback" },
    ],
  },
  {
    id: "arm",
    label: "Arm",
    single: true,
    options: [
      { value: "stable", label: "Stable" },
      { value: "canary", label: "Canary" },
    ],
  },
];

function columns(open: (id: string) => void): Column<Row>[] {
  return [
    {
      id: "id",
      header: "Prediction",
      fixed: true,
      cell: (row) => (
        <button
          type="button"
          data-row-stop
          className="min-h-6 rounded-sm text-left font-mono text-sm text-accent-text hover:underline"
          onClick={() => open(row.id)}
        >
          prd_…{row.id.slice(-12)}
          <span className="sr-only">Open prediction {row.id}</span>
        </button>
      ),
    },
    { id: "at", header: "When", cell: (row) => <TimeAgo value={row.at} /> },
    {
      id: "version",
      header: "Version",
      from: "md",
      cell: (row) => `${row.version ?? "?"}${row.arm === "canary" ? " (canary)" : ""}`,
    },
    {
      id: "latency",
      header: "Latency",
      align: "end",
      from: "sm",
      cell: (row) => <span data-numeric>{formatDuration(row.latencyMs)}</span>,
    },
    {
      id: "predicted",
      header: "Predicted",
      cell: (row) =>
        row.status >= 400 ? (
          <StatusBadge status="error" label={String(row.status)} />
        ) : (
          (row.predicted ?? "–")
        ),
    },
    {
      id: "outcome",
      header: "Outcome",
      cell: (row) =>
        row.isCorrect === null ? (
          <span className="text-fg-subtle">none yet</span>
        ) : (
          <StatusBadge
            status={row.isCorrect ? "pass" : "fail"}
            label={`${row.isCorrect ? "Right" : "Wrong"}: ${row.outcome ?? ""}`}
          />
        ),
    },
  ];
}

/** The recorded predictions, searchable by id; a row opens with its inputs, outcome and origins. */
export function PredictionsTable({ name }: { name: string }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const state = useTableState({ facets: ["outcome", "arm"] });
  const [open, setOpen] = useQueryState("prediction", parseAsString);
  const filter = {
    name,
    q: state.q,
    outcome: OUTCOMES.find((value) => state.facets.outcome?.at(-1) === value),
    arm: ARMS.find((value) => state.facets.arm?.at(-1) === value),
  };
  const list = useQuery(
    trpc.monitoring.predictions.queryOptions(
      { ...filter, cursor: state.cursor, limit: 25 },
      { placeholderData: keepPreviousData },
    ),
  );
  return (
    <Section title="Predictions">
      <DataTable<Row>
        caption={`Predictions of ${name}, newest first`}
        columns={columns((id) => void setOpen(id))}
        rows={list.data?.items}
        getRowId={(row) => row.id}
        rowLabel={(row) => row.id}
        state={state}
        facets={FACETS}
        searchLabel="Search by prediction id"
        nextCursor={list.data?.nextCursor}
        refreshing={list.isPlaceholderData}
        error={list.error ?? undefined}
        onRetry={() => void list.refetch()}
        toolbar={
          <ListExport
            name={`${name}-predictions`}
            scope={state.filtered ? "The filtered predictions" : "All predictions"}
            load={(cursor) => client.monitoring.predictions.query({ ...filter, cursor, limit: 200 })}
          />
        }
        empty={
          <EmptyState
            icon={Rows3}
            title="No prediction yet"
            text="Every answered request is recorded with its inputs, version and latency. Send one to see it here."
          />
        }
      />
      <PredictionDrawer
        open={open !== null}
        id={open}
        onOpenChange={(on) => (on ? undefined : void setOpen(null))}
      />
    </Section>
  );
}
