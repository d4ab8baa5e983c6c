"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { FlaskConical } from "lucide-react";
import Link from "next/link";
import { EmptyState } from "@/components/common/empty-state";
import { LiveDot } from "@/components/common/live-dot";
import { NotFoundState } from "@/components/common/not-found-state";
import { PageHeader } from "@/components/common/page-header";
import { DataTable } from "@/components/data-table/data-table";
import { ListExport } from "@/components/data-table/list-export";
import { useTableState } from "@/components/data-table/use-table-state";
import { publicErrorOf, useTRPC, useTRPCClient } from "@/components/kit/trpc";
import { buttonVariants } from "@/components/ui/button";
import { useLive } from "@/components/kit/use-live";
import { momentOf } from "@/server/core/int64";
import { meantValue } from "@/server/experiments/rules";
import { runColumns, type RunRow } from "./run-columns";
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

/** A run as one line of a table: a column for each metric and parameter. */
const flattened = (row: RunRow) => ({
  run_id: row.id,
  name: row.name,
  status: row.status,
  started: momentOf(row.startMs).toISOString(),
  ...Object.fromEntries(row.metrics.map((metric) => [`metrics.${metric.key}`, exported(metric)])),
  ...Object.fromEntries(row.params.map((param) => [`params.${param.key}`, param.value])),
});

/** One experiment: its runs, searchable by MLflow's grammar, sortable by any metric or parameter. */
export function RunsList({ experimentId }: { experimentId: string }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const state = useTableState();
  const experiment = useQuery(trpc.experiments.get.queryOptions({ experimentId }));
  const input = {
    experimentId,
    filter: filterOf(state.q),
    orderBy: state.sort ? `${state.sort.id} ${state.sort.desc ? "DESC" : "ASC"}` : "",
  };
  const list = useQuery(
    trpc.experiments.runs.queryOptions(
      { ...input, cursor: state.cursor },
      { placeholderData: keepPreviousData },
    ),
  );
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
        columns={runColumns(list.data?.items ?? [])}
        rows={list.data?.items}
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
          <ListExport
            name={`runs-${experimentId}`}
            scope={state.filtered ? "The filtered runs" : "All runs"}
            load={(cursor) => client.experiments.runs.query({ ...input, cursor, limit: 200 })}
            flatten={flattened}
          />
        }
        bulkActions={(selection) => {
          const ids = [...selection.ids].slice(0, 20);
          if (ids.length < 2)
            return <span className="text-sm text-fg-muted">Select two or more runs to compare</span>;
          return (
            <Link
              className={buttonVariants({ size: "sm", variant: "primary" })}
              href={`${experimentHref(experimentId)}/compare?runs=${ids.join(",")}`}
            >
              Compare {ids.length} runs
            </Link>
          );
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
