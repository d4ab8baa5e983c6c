import { formatDuration } from "@/components/common/format";
import { OwnerChip } from "@/components/common/owner-chip";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import type { Column } from "@/components/data-table/types";
import { momentOf, type Int64 } from "@/server/core/int64";
import { meantValue } from "@/server/experiments/rules";
import { bestOf, directionOf } from "./best";
import { MetricValue } from "./metric-value";
import { metricKeys, paramKeys } from "./run-keys";
import { RunMenu, RunName } from "./run-name";
import type { RunMarks } from "./use-run-marks";

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
const MOST_PARAMS = 8;
/** Of the parameters that vary, so many are shown at once. */
const SHOWN_PARAMS = 3;

const metricOf = (row: RunRow, key: string) => {
  const found = row.metrics.find((metric) => metric.key === key);
  return found ? meantValue(found) : null;
};

const paramColumn = (key: string, isHidden: boolean): Column<RunRow> => ({
  id: `params.\`${key}\``,
  header: key,
  sortable: true,
  defaultHidden: isHidden,
  from: "md",
  cell: (row) => row.params.find((param) => param.key === key)?.value ?? "–",
});

function metricColumn(rows: readonly RunRow[], key: string, base: RunRow | undefined): Column<RunRow> {
  const best = bestOf(
    key,
    rows.map((row) => metricOf(row, key)),
  );
  return {
    id: `metrics.\`${key}\``,
    header: key,
    align: "end",
    sortable: true,
    largestFirst: directionOf(key) === "larger",
    cell: (row) => (
      <MetricValue
        metric={key}
        value={metricOf(row, key)}
        best={best}
        base={base && base.id !== row.id ? metricOf(base, key) : null}
      />
    ),
  };
}

/** The name, what varies, what came out of it; then how it ran, and on demand what is the same in all. */
export function runColumns(rows: readonly RunRow[], marks: RunMarks): Column<RunRow>[] {
  const params = paramKeys(rows);
  const base = rows.find((row) => row.id === marks.baseline);
  const varying = params.varying.slice(0, MOST_PARAMS);
  const same = params.same.slice(0, MOST_PARAMS);
  return [
    {
      id: "attributes.run_name",
      header: "Run",
      fixed: true,
      sortable: true,
      className: "sm:whitespace-nowrap",
      cell: (row) => <RunName row={row} marks={marks} />,
    },
    { id: "marks", header: "Mark", cell: (row) => <RunMenu row={row} marks={marks} /> },
    ...varying.map((key, at) => paramColumn(key, at >= SHOWN_PARAMS)),
    ...metricKeys(rows)
      .slice(0, MOST_METRICS)
      .map((key) => metricColumn(rows, key, base)),
    {
      id: "attributes.status",
      header: "Status",
      cell: (row) => <StatusBadge status={RUN_STATUS[row.status] ?? row.status} />,
    },
    {
      id: "attributes.start_time",
      header: "Started",
      sortable: true,
      from: "sm",
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
    ...same.map((key) => paramColumn(key, true)),
  ];
}
