"use client";
import { formatBytes, formatDuration, formatMilli } from "@/components/common/format";
import { OwnerChip } from "@/components/common/owner-chip";
import { StatusBadge } from "@/components/common/status-badge";
import { Elapsed, TimeAgo } from "@/components/common/time-ago";
import type { Column } from "@/components/data-table/types";
import type { JobState } from "@/server/compute/schemas";

export interface JobRow {
  id: string;
  name: string;
  template: string | null;
  state: JobState;
  reason: string;
  reasonText: string;
  cpuMilli: number;
  memoryBytes: number;
  gpuFlavor: string | null;
  gpuMilli: number;
  attemptCount: number;
  maxAttempts: number;
  ownerName: string;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  cancelRequestedAt: Date | null;
  position: number | null;
}

/** The badge of a job; one that is being cancelled says so. */
export function JobBadge({ job }: { job: Pick<JobRow, "state" | "cancelRequestedAt" | "reason"> }) {
  const cancelling = job.reason === "Cancelling" && (job.state === "running" || job.state === "preparing");
  return <StatusBadge status={cancelling ? "cancelling" : job.state} />;
}

/** What a job takes, in short form. */
export function resourcesInShort(
  job: Pick<JobRow, "cpuMilli" | "memoryBytes" | "gpuMilli" | "gpuFlavor">,
): string {
  const gpu = job.gpuMilli > 0 ? ` · ${formatMilli(job.gpuMilli)} × ${job.gpuFlavor ?? "GPU"}` : "";
  return `${formatMilli(job.cpuMilli)} CPU · ${formatBytes(job.memoryBytes)}${gpu}`;
}

/** Running time of a job, moving while it runs. */
export function JobDuration({ job }: { job: Pick<JobRow, "startedAt" | "finishedAt" | "state"> }) {
  if (!job.startedAt) return <span className="text-fg-subtle">–</span>;
  return <Elapsed from={job.startedAt} to={job.finishedAt} format={formatDuration} />;
}

export const JOB_COLUMNS: Column<JobRow>[] = [
  {
    id: "name",
    header: "Job",
    fixed: true,
    cell: (row) => (
      <span className="flex min-w-0 flex-col">
        <span className="truncate font-medium">{row.name}</span>
        <span className="truncate text-sm text-fg-subtle">{row.template ?? "command"}</span>
      </span>
    ),
  },
  {
    id: "state",
    header: "State",
    cell: (row) => (
      <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <JobBadge job={row} />
        {row.position === null ? null : <span className="text-sm text-fg-muted">no. {row.position}</span>}
      </span>
    ),
  },
  {
    id: "reason",
    header: "Why",
    from: "md",
    className: "max-w-72",
    cell: (row) => (
      <span className="block truncate text-fg-muted" title={row.reasonText}>
        {row.reasonText}
      </span>
    ),
  },
  { id: "duration", header: "Duration", from: "sm", align: "end", cell: (row) => <JobDuration job={row} /> },
  {
    id: "resources",
    header: "Resources",
    from: "xl",
    cell: (row) => <span className="whitespace-nowrap text-fg-muted">{resourcesInShort(row)}</span>,
  },
  { id: "owner", header: "Owner", from: "lg", cell: (row) => <OwnerChip name={row.ownerName} /> },
  { id: "created", header: "Created", from: "sm", cell: (row) => <TimeAgo value={row.createdAt} /> },
];
