"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { DigestChip } from "@/components/common/digest-chip";
import { formatBytes, formatNumber } from "@/components/common/format";
import { OwnerChip } from "@/components/common/owner-chip";
import { TimeAgo } from "@/components/common/time-ago";
import { DataTable } from "@/components/data-table/data-table";
import type { Column } from "@/components/data-table/types";
import { useTableState } from "@/components/data-table/use-table-state";
import { useTRPC } from "@/components/kit/trpc";
import type { VersionRow } from "./types";
import { datasetVersionHref } from "@/server/datasets/kinds";

const columns: Column<VersionRow>[] = [
  {
    id: "number",
    header: "Version",
    fixed: true,
    cell: (row) => <span data-numeric>Version {row.number}</span>,
  },
  {
    id: "rows",
    header: "Rows",
    align: "end",
    cell: (row) => <span data-numeric>{formatNumber(row.rowCount)}</span>,
  },
  {
    id: "columns",
    header: "Columns",
    align: "end",
    from: "md",
    cell: (row) => <span data-numeric>{row.columnCount}</span>,
  },
  {
    id: "size",
    header: "Size",
    align: "end",
    from: "md",
    cell: (row) => <span data-numeric>{formatBytes(row.sizeBytes)}</span>,
  },
  {
    id: "content",
    header: "Content digest",
    from: "lg",
    cell: (row) => <DigestChip digest={row.contentDigest} label="content digest" />,
  },
  {
    id: "note",
    header: "Note",
    from: "xl",
    cell: (row) => <span className="text-fg-muted">{row.note || "–"}</span>,
  },
  {
    id: "by",
    header: "By",
    from: "sm",
    cell: (row) => (
      <OwnerChip name={row.producedByJobId ? `${row.createdByName}, by a job` : row.createdByName} />
    ),
  },
  { id: "at", header: "Registered", cell: (row) => <TimeAgo value={row.createdAt} /> },
];

/** All versions, newest first. */
export function VersionsPanel({ slug }: { slug: string }) {
  const trpc = useTRPC();
  const state = useTableState({ prefix: "v" });
  const versions = useQuery(
    trpc.datasets.versions.queryOptions(
      { slug, cursor: state.cursor },
      { placeholderData: keepPreviousData },
    ),
  );
  return (
    <DataTable
      caption="Versions, newest first"
      columns={columns}
      rows={versions.data?.items}
      getRowId={(row) => row.id}
      rowLabel={(row) => `Version ${row.number}`}
      rowHref={(row) => datasetVersionHref(slug, row.number)}
      state={state}
      nextCursor={versions.data?.nextCursor}
      total={versions.data?.total}
      refreshing={versions.isPlaceholderData}
      error={versions.error ?? undefined}
      onRetry={() => void versions.refetch()}
      searchLabel={null}
      empty={<p className="text-fg-subtle">No version yet.</p>}
    />
  );
}
