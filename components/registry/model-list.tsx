"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Boxes, Plus } from "lucide-react";
import { useState } from "react";
import { DisabledReason } from "@/components/common/disabled-reason";
import { EmptyState } from "@/components/common/empty-state";
import { OwnerChip } from "@/components/common/owner-chip";
import { PageHeader } from "@/components/common/page-header";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { DataTable } from "@/components/data-table/data-table";
import { ListExport } from "@/components/data-table/list-export";
import type { Column } from "@/components/data-table/types";
import { useTableState } from "@/components/data-table/use-table-state";
import { useCan } from "@/components/kit/use-can";
import { useTRPC, useTRPCClient } from "@/components/kit/trpc";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { later } from "@/components/ui/later";
import { useLive } from "@/components/kit/use-live";
import { GatesBadge } from "./gates-badge";
import { modelHref } from "@/server/registry/kinds";
import type { ModelRow } from "./types";
import { useOrigin } from "@/components/common/use-origin";
import { modelsTopic } from "@/server/registry/kinds";

const CreateModelDialog = later(async () => (await import("./create-model-dialog")).CreateModelDialog);

const none = <span className="text-fg-subtle">None yet</span>;

const columns: Column<ModelRow>[] = [
  {
    id: "name",
    header: "Model",
    fixed: true,
    sortable: true,
    cell: (row) => <span className="font-medium">{row.name}</span>,
  },
  {
    id: "version",
    header: "Latest version",
    cell: (row) =>
      row.latestVersion ? (
        <span className="inline-flex flex-wrap items-center gap-2">
          <span data-numeric>v{row.latestVersion.number}</span>
          <StatusBadge status={row.latestVersion.state} />
        </span>
      ) : (
        none
      ),
  },
  {
    id: "gates",
    header: "Gates",
    from: "sm",
    cell: ({ latestVersion: latest }) =>
      latest ? <GatesBadge outcome={latest.gatesOutcome} words={latest.gatesInWords} /> : none,
  },
  {
    id: "aliases",
    header: "Aliases",
    from: "md",
    cell: (row) => (
      <span className="flex flex-wrap gap-1">
        {row.aliases.map((each) => (
          <Badge key={each.alias} tone="accent">
            {each.alias} → v{each.number}
          </Badge>
        ))}
      </span>
    ),
  },
  {
    id: "versions",
    header: "Versions",
    align: "end",
    from: "lg",
    cell: (row) => <span data-numeric>{row.versionCount}</span>,
  },
  { id: "owner", header: "Owner", from: "lg", cell: (row) => <OwnerChip name={row.owner} /> },
  {
    id: "updated",
    header: "Updated",
    sortable: true,
    from: "md",
    cell: (row) => <TimeAgo value={row.updatedAt} />,
  },
];

function NewModelButton({ onOpen }: { onOpen: () => void }) {
  const { allowed, reason } = useCan("registry.model.write");
  return (
    <DisabledReason reason={allowed ? null : reason}>
      <Button variant="primary" onClick={onOpen}>
        <Plus aria-hidden /> New model
      </Button>
    </DisabledReason>
  );
}

/** All registered models of the team. */
export function ModelList() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const origin = useOrigin();
  const [creating, setCreating] = useState(false);
  const state = useTableState({ defaultSort: { id: "updated", desc: true } });
  const sort = state.sort?.id === "name" ? ("name" as const) : ("updated" as const);
  const filter = { q: state.q, sort };
  const list = useQuery(
    trpc.registry.models.queryOptions(
      { ...filter, cursor: state.cursor },
      { placeholderData: keepPreviousData },
    ),
  );
  useLive([modelsTopic], [trpc.registry.models.pathKey()]);
  const register = [
    "import mlflow",
    `mlflow.set_tracking_uri("${origin}")  # token in MLFLOW_TRACKING_TOKEN`,
    "with mlflow.start_run():",
    '    mlflow.onnx.log_model(onnx_model, name="model", registered_model_name="my-model")',
  ].join("\n");
  return (
    <>
      <PageHeader
        title="Models"
        description="Versions with their files, contracts, cards and proofs."
        actions={<NewModelButton onOpen={() => setCreating(true)} />}
      />
      <DataTable
        caption="Registered models"
        columns={columns}
        rows={list.data?.items}
        getRowId={(row) => row.id}
        rowLabel={(row) => row.name}
        rowHref={(row) => modelHref(row.name)}
        state={state}
        nextCursor={list.data?.nextCursor ?? null}
        refreshing={list.isPlaceholderData}
        error={list.error ?? undefined}
        onRetry={() => void list.refetch()}
        views="models"
        toolbar={
          <ListExport
            name="models"
            scope={state.filtered ? "The filtered models" : "All models"}
            load={(cursor) => client.registry.models.query({ ...filter, cursor, limit: 200 })}
          />
        }
        searchLabel="Search models"
        empty={
          <EmptyState
            icon={Boxes}
            title="No models yet"
            text="A model collects versions. Each version is sealed, scanned and judged before it may serve requests."
            action={<NewModelButton onOpen={() => setCreating(true)} />}
            snippets={[{ label: "Python", language: "python", code: register }]}
          />
        }
      />
      <CreateModelDialog open={creating} onOpenChange={setCreating} />
    </>
  );
}
