"use client";
import { useQuery } from "@tanstack/react-query";
import { FileCheck2 } from "lucide-react";
import { DigestChip } from "@/components/common/digest-chip";
import { EmptyState } from "@/components/common/empty-state";
import { PageHeader } from "@/components/common/page-header";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { DataTable } from "@/components/data-table/data-table";
import { ListExport } from "@/components/data-table/list-export";
import type { Column } from "@/components/data-table/types";
import { useTableState } from "@/components/data-table/use-table-state";
import { useTRPC } from "@/components/kit/trpc";
import type { PolicyListItem } from "@/server/governance/gates/policy-verbs";
import { policyHref } from "@/server/governance/kinds";

const columns: Column<PolicyListItem>[] = [
  { id: "title", header: "Policy", fixed: true, cell: (row) => row.title },
  {
    id: "key",
    header: "Key",
    from: "md",
    cell: (row) => <span className="font-mono text-sm whitespace-nowrap">{row.key}</span>,
  },
  { id: "version", header: "Version", align: "end", from: "sm", cell: (row) => row.version },
  { id: "rules", header: "Rules", align: "end", from: "md", cell: (row) => row.ruleCount },
  {
    id: "required",
    header: "Required in",
    from: "sm",
    cell: (row) => (
      <span className="flex gap-1">
        {row.requiredIn.map((environment) => (
          <StatusBadge key={environment} status={environment} />
        ))}
      </span>
    ),
  },
  {
    id: "verdicts",
    header: "Verdicts so far",
    cell: (row) =>
      Object.keys(row.verdicts).length === 0 ? (
        <span className="text-fg-subtle">none yet</span>
      ) : (
        <span className="flex flex-wrap gap-1">
          {Object.entries(row.verdicts).map(([verdict, count]) => (
            <StatusBadge key={verdict} status={verdict} label={`${count} ${verdict}`} />
          ))}
        </span>
      ),
  },
  { id: "digest", header: "Digest", from: "lg", cell: (row) => <DigestChip digest={row.digest} /> },
  { id: "since", header: "In force since", from: "xl", cell: (row) => <TimeAgo value={row.since} /> },
];

/** The rules that every version must meet, as documents with digests. */
export function PoliciesList() {
  const trpc = useTRPC();
  const state = useTableState();
  const policies = useQuery(trpc.governance.policies.queryOptions());
  const words = state.q.toLowerCase();
  const rows = policies.data?.items.filter(
    (row) => row.title.toLowerCase().includes(words) || row.key.includes(words),
  );
  return (
    <>
      <PageHeader
        title="Policies"
        description="What a version must prove before it may serve. Each is a versioned document; every verdict names the digest it was reached under."
      />
      <DataTable<PolicyListItem>
        caption="Policies in force"
        columns={columns}
        rows={rows}
        getRowId={(row) => row.id}
        rowLabel={(row) => row.title}
        rowHref={(row) => policyHref(row.key)}
        state={state}
        views="policies"
        toolbar={
          <ListExport
            name="policies"
            scope={state.filtered ? "The filtered policies" : "All policies"}
            load={() => Promise.resolve({ items: rows ?? [], nextCursor: null })}
          />
        }
        searchLabel="Search policies"
        total={rows?.length}
        error={policies.error ?? undefined}
        onRetry={() => void policies.refetch()}
        empty={
          <EmptyState
            icon={FileCheck2}
            title="No policies yet"
            text="The built-in policies are loaded when a worker starts; this takes a moment after the first start."
          />
        }
      />
    </>
  );
}
