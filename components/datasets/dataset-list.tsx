"use client";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { Database, Upload } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { EmptyState } from "@/components/common/empty-state";
import { ExportMenu } from "@/components/common/export-menu";
import { formatBytes, formatCount, formatNumber } from "@/components/common/format";
import { OwnerChip } from "@/components/common/owner-chip";
import { PageHeader } from "@/components/common/page-header";
import { StatusBadge } from "@/components/common/status-badge";
import { DisabledReason } from "@/components/common/disabled-reason";
import { TimeAgo } from "@/components/common/time-ago";
import { DataTable } from "@/components/data-table/data-table";
import type { Column } from "@/components/data-table/types";
import { type TableState, useTableState } from "@/components/data-table/use-table-state";
import { useCan } from "@/components/kit/use-can";
import { useTRPC, useTRPCClient } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import { useLive } from "@/components/kit/use-live";
import { CLASSIFICATIONS, DATASET_SORTS } from "@/server/datasets/rules";
import { CLASSIFICATION_OPTIONS, ClassificationBadge } from "./classification-badge";
import { uploadSnippets } from "./snippets";
import type { DatasetRow } from "./types";
import { useOrigin } from "@/components/common/use-origin";
import { datasetHref, datasetsTopic } from "@/server/datasets/kinds";

const BulkEach = dynamic(
  () => import("@/components/data-table/bulk-each").then((module) => module.BulkEach),
  {
    ssr: false,
  },
);

const columns: Column<DatasetRow>[] = [
  {
    id: "name",
    header: "Dataset",
    fixed: true,
    sortable: true,
    cell: (row) => <span className="font-medium">{row.name}</span>,
  },
  {
    id: "version",
    header: "Latest version",
    cell: (row) =>
      row.archivedAt ? (
        <StatusBadge status="archived" />
      ) : row.latestVersion === null ? (
        <span className="text-fg-subtle">None yet</span>
      ) : (
        <span data-numeric>Version {row.latestVersion}</span>
      ),
  },
  {
    id: "classification",
    header: "Classification",
    from: "sm",
    cell: (row) => <ClassificationBadge value={row.classification} />,
  },
  {
    id: "rows",
    header: "Rows",
    align: "end",
    from: "md",
    cell: (row) => <span data-numeric>{formatNumber(row.rowCount)}</span>,
  },
  {
    id: "size",
    header: "Size",
    align: "end",
    from: "lg",
    cell: (row) => <span data-numeric>{formatBytes(row.sizeBytes)}</span>,
  },
  { id: "owner", header: "Owner", from: "lg", cell: (row) => <OwnerChip name={row.ownerName} /> },
  {
    id: "updatedAt",
    header: "Updated",
    sortable: true,
    from: "md",
    cell: (row) => <TimeAgo value={row.updatedAt} />,
  },
  {
    id: "createdAt",
    header: "Created",
    sortable: true,
    defaultHidden: true,
    cell: (row) => <TimeAgo value={row.createdAt} />,
  },
];

const facets = [
  { id: "classification", label: "Classification", options: CLASSIFICATION_OPTIONS },
  {
    id: "state",
    label: "State",
    options: [
      { value: "active", label: "Active" },
      { value: "archived", label: "Archived" },
    ],
  },
];

/** What the server is asked for, from what the URL says. */
function inputOf(state: Pick<TableState, "q" | "sort" | "cursor" | "facets">) {
  return {
    q: state.q || undefined,
    classification: (state.facets.classification ?? []).flatMap(
      (value) => CLASSIFICATIONS.find((known) => known === value) ?? [],
    ),
    state: (state.facets.state ?? []).flatMap((value) =>
      value === "active" || value === "archived" ? [value] : [],
    ) as ("active" | "archived")[],
    sort: DATASET_SORTS.find((sort) => sort === state.sort?.id) ?? ("updatedAt" as const),
    order: state.sort?.desc === false ? ("asc" as const) : ("desc" as const),
    cursor: state.cursor,
  };
}

function exportHref(input: ReturnType<typeof inputOf>, format: string): string {
  const query = new URLSearchParams({ format, sort: input.sort, order: input.order });
  if (input.q) query.set("q", input.q);
  if (input.classification.length > 0) query.set("classification", input.classification.join(","));
  if (input.state.length > 0) query.set("state", input.state.join(","));
  return `/api/v1/datasets-export?${query.toString()}`;
}

function NewButton() {
  const { allowed, reason } = useCan("datasets.dataset.write");
  if (!allowed) {
    return (
      <DisabledReason reason={reason}>
        <Button variant="primary">
          <Upload aria-hidden /> Upload a dataset
        </Button>
      </DisabledReason>
    );
  }
  return (
    <Button asChild variant="primary">
      <Link href="/datasets/new">
        <Upload aria-hidden /> Upload a dataset
      </Link>
    </Button>
  );
}

/** All datasets of the team. */
export function DatasetList() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queryClient = useQueryClient();
  const can = useCan("datasets.dataset.write");
  const origin = useOrigin();
  const state = useTableState({
    facets: ["classification", "state"],
    defaultSort: { id: "updatedAt", desc: true },
  });
  const input = inputOf(state);
  const list = useQuery(trpc.datasets.list.queryOptions(input, { placeholderData: keepPreviousData }));
  useLive([datasetsTopic], [trpc.datasets.list.pathKey()]);
  return (
    <>
      <PageHeader
        title="Datasets"
        description="Tables that jobs train on. Every version is immutable and known by its content."
        actions={<NewButton />}
      />
      <DataTable
        caption="Datasets of this team"
        columns={columns}
        rows={list.data?.items}
        // By slug, because that is what the verbs take.
        getRowId={(row) => row.slug}
        rowLabel={(row) => row.name}
        rowHref={(row) => datasetHref(row.slug)}
        bulkActions={(selection) => (
          <BulkEach
            selection={selection}
            label="Archive"
            noun="dataset"
            done="archived"
            tone="danger"
            consequence="New versions are refused and the datasets leave the lists; versions stay, and so do jobs and models that used them. They can be restored."
            blocked={can.reason}
            run={(slug) => client.datasets.archive.mutate({ slug })}
            onDone={() => queryClient.invalidateQueries({ queryKey: trpc.datasets.list.pathKey() })}
          />
        )}
        state={state}
        nextCursor={list.data?.nextCursor}
        total={list.data?.total}
        refreshing={list.isPlaceholderData}
        error={list.error ?? undefined}
        onRetry={() => void list.refetch()}
        facets={facets}
        views="datasets"
        searchLabel="Search datasets"
        toolbar={
          <ExportMenu
            scope={`${formatCount(list.data?.total ?? 0, "dataset")}${state.filtered ? ", filtered" : ""}`}
            hrefFor={(format) => exportHref(input, format)}
          />
        }
        keepBar
        empty={
          <EmptyState
            icon={Database}
            title="No datasets yet"
            text="Upload a CSV or Parquet file here, or from a script. Its schema, profile and digests are computed for you, and jobs refer to the exact version they read."
            action={<NewButton />}
            snippets={uploadSnippets(origin, "my-data")}
          />
        }
      />
    </>
  );
}
