import { formatDuration } from "@/components/common/format";
import { OwnerChip } from "@/components/common/owner-chip";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import type { Column } from "@/components/data-table/types";
import { momentOf, type Int64 } from "@/server/core/int64";
import { meantValue } from "@/server/experiments/rules";
import { bestOf } from "./best";
import { MetricValue } from "./metric-value";

export interface RunRow {
  id: string;
  name: string;
  status: string;
  userName: string;
  startMs: Int64;
  endMs: Int64 | null;
  params: { key: string; value: string }[];
  metrics: { key: string; value: number; isNan: boolean }[];
}

/** Statuses of runs in the words of the portal's badges. */
export const RUN_STATUS: Record<string, string> = {
  RUNNING: "running",
  SCHEDULED: "queued",
  FINISHED: "finished",
  FAILED: "failed",
  KILLED: "cancelled",
};

const MOST_METRICS = 6;
const MOST_PARAMS = 6;

const namesOf = (rows: readonly RunRow[], pick: (row: RunRow) => { key: string }[], most: number) => {
  const counts = new Map<string, number>();
  for (const row of rows) for (const { key } of pick(row)) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts]
    .toSorted(([a, x], [b, y]) => y - x || a.localeCompare(b))
    .slice(0, most)
    .map(([key]) => key);
};

const metricOf = (row: RunRow, key: string) => {
  const found = row.metrics.find((metric) => metric.key === key);
  return found ? meantValue(found) : null;
};

/** Fixed columns, then the most common metrics (sortable) and parameters of the page. */
export function runColumns(rows: readonly RunRow[]): Column<RunRow>[] {
  const metrics = namesOf(rows, (row) => row.metrics, MOST_METRICS);
  const params = namesOf(rows, (row) => row.params, MOST_PARAMS);
  return [
    {
      id: "attributes.run_name",
      header: "Run",
      fixed: true,
      sortable: true,
      className: "sm:whitespace-nowrap",
      cell: (row) => row.name,
    },
    {
      id: "attributes.status",
      header: "Status",
      cell: (row) => <StatusBadge status={RUN_STATUS[row.status] ?? row.status} />,
    },
    {
      id: "attributes.start_time",
      header: "Started",
      sortable: true,
      cell: (row) => <TimeAgo value={momentOf(row.startMs)} />,
    },
    {
      id: "duration",
      header: "Duration",
      align: "end",
      from: "lg",
      cell: (row) => (row.endMs ? formatDuration(Number(row.endMs) - Number(row.startMs)) : "–"),
    },
    { id: "user", header: "By", from: "xl", cell: (row) => <OwnerChip name={row.userName} /> },
    ...metrics.map((key): Column<RunRow> => {
      const best = bestOf(
        key,
        rows.map((row) => metricOf(row, key)),
      );
      return {
        id: `metrics.\`${key}\``,
        header: key,
        align: "end",
        sortable: true,
        cell: (row) => <MetricValue metric={key} value={metricOf(row, key)} best={best} />,
      };
    }),
    ...params.map((key): Column<RunRow> => ({
      id: `params.\`${key}\``,
      header: key,
      sortable: true,
      defaultHidden: params.indexOf(key) > 2,
      from: "lg",
      cell: (row) => row.params.find((param) => param.key === key)?.value ?? "–",
    })),
  ];
}
