"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { FlaskConical } from "lucide-react";
import Link from "next/link";
import { EmptyState } from "@/components/common/empty-state";
import { LiveDot } from "@/components/common/live-dot";
import { NotFoundState } from "@/components/common/not-found-state";
import { statusLook } from "@/components/common/status";
import { PageHeader } from "@/components/common/page-header";
import { DataTable } from "@/components/data-table/data-table";
import { ListExport } from "@/components/data-table/list-export";
import type { Selection } from "@/components/data-table/types";
import { useTableState } from "@/components/data-table/use-table-state";
import { publicErrorOf, useTRPC, useTRPCClient } from "@/components/kit/trpc";
import { buttonVariants } from "@/components/ui/button";
import { useLive } from "@/components/kit/use-live";
import { momentOf } from "@/server/core/int64";
import { meantValue, MOST_COMPARED } from "@/server/experiments/rules";
import { RUN_STATUS, runColumns, type RunRow } from "./run-columns";
import { paramKeys } from "./run-keys";
import { GroupButton } from "./run-name";
import { type RunMarks, useRunMarks } from "./use-run-marks";
import { trackingSnippets } from "./snippets";
import { experimentHref, experimentTopic, runHref } from "@/server/experiments/kinds";

/** A search without an operator means part of the run's name; the grammar has no quoted quote, but a sign for any character. */
const filterOf = (q: string) =>
  q === "" || /[=<>]|\b(like|ilike|in|is)\b/iu.test(q)
    ? q
    : `attributes.run_name ILIKE '%${q.replaceAll("'", "_")}%'`;

/** Neither JSON nor every reader of CSV has a number for NaN and the infinities: they are exported as words. */
const exported = (metric: RunRow["metrics"][number]) => {
  const value = meantValue(metric);
  return Number.isFinite(value) ? value : String(value);
};

const FACETS = [
  {
    id: "status",
    label: "Status",
    single: true,
    options: Object.entries(RUN_STATUS).map(([value, status]) => ({
      value,
      label: statusLook(status).label,
    })),
  },
];

const isStatus = (value: string | undefined) => value !== undefined && value in RUN_STATUS;

/** A run as one line of a table: a column for each metric and parameter. */
const flattened = (row: RunRow) => ({
  run_id: row.id,
  name: row.name,
  status: row.status,
  started: momentOf(row.startMs).toISOString(),
  ...Object.fromEntries(row.metrics.map((metric) => [`metrics.${metric.key}`, exported(metric)])),
  ...Object.fromEntries(row.params.map((param) => [`params.${param.key}`, param.value])),
});

/** Compares what was chosen; of more than can be compared, the first ones, and says so before it is followed. */
function CompareLink({ experimentId, selection }: { experimentId: string; selection: Selection }) {
  const chosen = selection.ids.slice(0, MOST_COMPARED);
  const all = selection.ids.length;
  const left = all > chosen.length;
  return (
    <>
      <Link
        className={buttonVariants({ size: "sm", variant: "primary" })}
        href={`${experimentHref(experimentId)}/compare?runs=${chosen.join(",")}${left ? `&of=${all}` : ""}`}
      >
        {left ? `Compare the first ${chosen.length} of ${all}` : `Compare ${all} runs`}
      </Link>
      {left ? (
        <span className="text-sm text-fg-muted">
          In the order in which you chose them, up to {selection.nameOf(chosen.at(-1) ?? "")}.
        </span>
      ) : null}
    </>
  );
}

/** The runs that a person marked stand on top; each stands in the list once. */
function withMarked(page: RunRow[] | undefined, kept: readonly RunRow[], marks: RunMarks) {
  if (page === undefined) return undefined;
  const top = marks.pins.flatMap((id) => kept.find((row) => row.id === id) ?? []);
  const base = kept.find((row) => row.id === marks.baseline);
  if (base && !top.includes(base) && !page.some((row) => row.id === base.id)) top.unshift(base);
  return [...top, ...page.filter((row) => !top.some((each) => each.id === row.id))];
}

function groupOf(row: RunRow, marks: RunMarks): string | null {
  if (marks.pins.includes(row.id)) return "Pinned";
  if (marks.group === null) return marks.pins.length > 0 ? "Runs" : null;
  const value = row.params.find((param) => param.key === marks.group)?.value;
  return value === undefined ? `Without ${marks.group}` : `${marks.group} = ${value}`;
}

/** One experiment: its runs, searchable by MLflow's grammar, sortable by any metric or parameter. */
export function RunsList({ experimentId }: { experimentId: string }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const state = useTableState({ facets: ["status"] });
  const marks = useRunMarks();
  const status = state.facets.status?.at(-1);
  const experiment = useQuery(trpc.experiments.get.queryOptions({ experimentId }));
  const input = {
    experimentId,
    filter: [filterOf(state.q), isStatus(status) ? `attributes.status = '${status}'` : ""]
      .filter((part) => part !== "")
      .join(" AND "),
    groupBy: marks.group ? `params.\`${marks.group}\`` : "",
    orderBy: state.sort ? `${state.sort.id} ${state.sort.desc ? "DESC" : "ASC"}` : "",
  };
  const list = useQuery(
    trpc.experiments.runs.queryOptions(
      { ...input, cursor: state.cursor },
      { placeholderData: keepPreviousData },
    ),
  );
  const marked = [...new Set([...marks.pins, ...(marks.baseline ? [marks.baseline] : [])])];
  const ids = marked.map((id) => `'${id.replaceAll("'", "''")}'`).join(", ");
  const kept = useQuery(
    trpc.experiments.runs.queryOptions(
      { experimentId, filter: `attributes.run_id IN (${ids})` },
      { enabled: marked.length > 0, placeholderData: keepPreviousData },
    ),
  );
  const rows = withMarked(list.data?.items, marked.length > 0 ? (kept.data?.items ?? []) : [], marks);
  const params = paramKeys(rows ?? []);
  const live = useLive([experimentTopic(experimentId)], [trpc.experiments.runs.queryKey()]);
  if (publicErrorOf(experiment.error)?.code === "not_found") return <NotFoundState />;
  return (
    <>
      <PageHeader
        title={experiment.data?.name ?? "Experiment"}
        breadcrumbs={[
          { label: "Experiments", href: "/experiments" },
          { label: experiment.data?.name ?? experimentId },
        ]}
        meta={<LiveDot updatedAt={live.updatedAt ?? null} status={live.status} />}
      />
      <DataTable
        caption={`Runs of ${experiment.data?.name ?? "this experiment"}`}
        columns={runColumns(rows ?? [], marks)}
        rows={rows}
        groupOf={(row) => groupOf(row, marks)}
        facets={FACETS}
        getRowId={(row) => row.id}
        rowLabel={(row) => `run ${row.name}`}
        rowHref={(row) => runHref(experimentId, row.id)}
        state={state}
        nextCursor={list.data?.nextCursor ?? null}
        refreshing={list.isPlaceholderData}
        error={list.error}
        onRetry={() => void list.refetch()}
        searchLabel="Name, or metrics.accuracy > 0.7 and params.model = 'tree'"
        views="runs"
        toolbar={
          <>
            <GroupButton params={params.varying} marks={marks} />
            <ListExport
              name={`runs-${experimentId}`}
              scope={state.filtered ? "The filtered runs" : "All runs"}
              load={(cursor) => client.experiments.runs.query({ ...input, cursor, limit: 200 })}
              flatten={flattened}
            />
          </>
        }
        bulkActions={(selection) => {
          if (selection.ids.length < 2)
            return <span className="text-sm text-fg-muted">Select two or more runs to compare</span>;
          return <CompareLink experimentId={experimentId} selection={selection} />;
        }}
        empty={
          <EmptyState
            icon={FlaskConical}
            title="No runs yet"
            text="The page moves by itself when the first metric arrives."
            snippets={trackingSnippets(experiment.data?.name)}
          />
        }
      />
    </>
  );
}
