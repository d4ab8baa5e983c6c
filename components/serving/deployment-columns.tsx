"use client";
import Link from "next/link";
import { Sparkline } from "@/components/chart/sparkline";
import { formatNumber } from "@/components/common/format";
import { OwnerChip } from "@/components/common/owner-chip";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import type { Column } from "@/components/data-table/types";
import { showShare } from "./metrics";
import { rolloutStatus } from "./rollout-model";
import { ShareBar } from "./share-bar";
import type { DeploymentRow } from "./types";
import { rolloutHref } from "@/server/serving/kinds";

function Canary({ row }: { row: DeploymentRow }) {
  if (!row.rolloutId || !row.rolloutState) return <span className="text-fg-subtle">none</span>;
  return (
    <span className="flex flex-col gap-1">
      <span className="flex items-center gap-2">
        <Link
          href={rolloutHref(row.name, row.rolloutId)}
          className="rounded-sm text-accent-text hover:underline"
        >
          Version {row.canaryVersion ?? "?"}
        </Link>
        <StatusBadge status={rolloutStatus(row.rolloutState)} />
      </span>
      <ShareBar sharePercent={row.sharePercent ?? 0} className="max-w-40" />
    </span>
  );
}

function Traffic({ row }: { row: DeploymentRow }) {
  return (
    <span className="inline-flex items-center justify-end gap-2">
      <Sparkline
        values={row.trend}
        label={`Requests of the last 5 minutes: ${formatNumber(row.requests, 0)}`}
        width={72}
      />
      <span data-numeric className="min-w-10 text-right">
        {formatNumber(row.requests, 0)}
      </span>
    </span>
  );
}

export const DEPLOYMENT_COLUMNS: Column<DeploymentRow>[] = [
  {
    id: "name",
    header: "Deployment",
    fixed: true,
    cell: (row) => (
      <span className="flex min-w-0 flex-col">
        <span className="truncate font-medium">{row.name}</span>
        <span className="truncate text-sm text-fg-subtle">{row.modelName}</span>
      </span>
    ),
  },
  {
    id: "environment",
    header: "Environment",
    from: "sm",
    cell: (row) => <StatusBadge status={row.environment} />,
  },
  {
    id: "stable",
    header: "Stable",
    className: "whitespace-nowrap",
    cell: (row) => (row.stableVersion === null ? "none" : `Version ${row.stableVersion}`),
  },
  { id: "canary", header: "Canary", from: "sm", cell: (row) => <Canary row={row} /> },
  {
    id: "requests",
    header: "Requests, 5 min",
    from: "md",
    align: "end",
    cell: (row) => <Traffic row={row} />,
  },
  {
    id: "errors",
    header: "Errors",
    from: "md",
    align: "end",
    cell: (row) => (
      <span data-numeric className={row.errors > 0 ? "text-negative" : "text-fg-muted"}>
        {row.requests === 0 ? "no data" : showShare(row.errors / row.requests)}
      </span>
    ),
  },
  {
    id: "owner",
    header: "Owner",
    from: "lg",
    cell: (row) => <OwnerChip name={row.ownerName ?? "Unknown"} />,
  },
  { id: "updated", header: "Updated", from: "sm", cell: (row) => <TimeAgo value={row.updatedAt} /> },
];
