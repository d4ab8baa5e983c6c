"use client";
import { useQuery } from "@tanstack/react-query";
import { GitCompareArrows } from "lucide-react";
import Link from "next/link";
import { parseAsArrayOf, parseAsBoolean, parseAsInteger, parseAsString, useQueryState } from "nuqs";
import { EmptyState } from "@/components/common/empty-state";
import { ErrorNotice } from "@/components/common/error-notice";
import { PageHeader } from "@/components/common/page-header";
import { ShareButton } from "@/components/common/share-button";
import { Section } from "@/components/common/section";
import { DetailSkeleton } from "@/components/common/skeletons";
import { StatusBadge } from "@/components/common/status-badge";
import { useTRPC } from "@/components/kit/trpc";
import { Switch } from "@/components/ui/switch";
import {
  Table,
  TableBody,
  TableCaption,
  TableCell,
  TableHead,
  TableHeader,
  TableRow,
} from "@/components/ui/table";
import { bestOf } from "./best";
import { MetricCharts } from "./metric-charts";
import { MetricValue } from "./metric-value";
import { RUN_STATUS, type RunRow } from "./run-columns";
import { labelRuns } from "./run-labels";
import { meantValue } from "@/server/experiments/rules";
import { experimentHref, runHref } from "@/server/experiments/kinds";

interface CompareRow {
  group: string;
  label: string;
  values: string[];
  /** Of a metric: its numbers, of which the best is marked. */
  numbers?: (number | null)[];
}

function rowsOf(runs: readonly (RunRow & { inputs: { name: string; digest: string }[] })[]): CompareRow[] {
  const keys = (pick: (run: RunRow) => { key: string }[]) =>
    [...new Set(runs.flatMap((run) => pick(run).map((item) => item.key)))].toSorted((a, b) =>
      a.localeCompare(b),
    );
  return [
    ...keys((run) => run.metrics).map((key) => {
      const numbers = runs.map((run) => {
        const metric = run.metrics.find((item) => item.key === key);
        return metric ? meantValue(metric) : null;
      });
      return { group: "Metric", label: key, values: numbers.map(String), numbers };
    }),
    ...keys((run) => run.params).map((key) => ({
      group: "Parameter",
      label: key,
      values: runs.map((run) => run.params.find((item) => item.key === key)?.value ?? "–"),
    })),
    {
      group: "Data",
      label: "Datasets",
      values: runs.map(
        (run) => run.inputs.map((input) => `${input.name} ${input.digest.slice(0, 12)}`).join(", ") || "–",
      ),
    },
  ];
}

/** One line a value, one column a run. */
function CompareTable(props: {
  experimentId: string;
  runs: readonly RunRow[];
  labels: ReadonlyMap<string, string>;
  rows: readonly CompareRow[];
  title: string;
}) {
  const { experimentId, runs, labels, rows, title } = props;
  return (
    <Section title={title} frame="flush">
      <Table label="Values of the compared runs">
        <TableCaption className="sr-only">Values of the compared runs, one column a run</TableCaption>
        <TableHeader>
          <TableRow>
            <TableHead scope="col">Value</TableHead>
            {runs.map((run) => (
              <TableHead key={run.id} scope="col">
                <Link className="text-accent-text hover:underline" href={runHref(experimentId, run.id)}>
                  {labels.get(run.id)}
                </Link>
              </TableHead>
            ))}
          </TableRow>
        </TableHeader>
        <TableBody>
          <TableRow>
            <TableHead scope="row">Status</TableHead>
            {runs.map((run) => (
              <TableCell key={run.id}>
                <StatusBadge status={RUN_STATUS[run.status] ?? run.status} />
              </TableCell>
            ))}
          </TableRow>
          {rows.map((row) => (
            <TableRow key={`${row.group}-${row.label}`}>
              <TableHead scope="row">
                <span className="text-fg-subtle">{row.group}</span> {row.label}
              </TableHead>
              {row.values.map((value, index) => (
                <TableCell key={runs[index]?.id ?? index} data-numeric>
                  {row.numbers ? (
                    <MetricValue
                      metric={row.label}
                      value={row.numbers[index] ?? null}
                      best={bestOf(row.label, row.numbers)}
                    />
                  ) : (
                    value
                  )}
                </TableCell>
              ))}
            </TableRow>
          ))}
        </TableBody>
      </Table>
      {rows.length === 0 ? (
        <p className="px-3 py-2 text-sm text-fg-muted">These runs do not differ in what was logged.</p>
      ) : null}
    </Section>
  );
}

/** Two to twenty runs side by side; the set of runs and the choice to see differences only are in the address. */
export function ComparePage({ experimentId }: { experimentId: string }) {
  const trpc = useTRPC();
  const [ids] = useQueryState("runs", parseAsArrayOf(parseAsString).withDefault([]));
  const [of] = useQueryState("of", parseAsInteger);
  const [onlyDifferences, setOnlyDifferences] = useQueryState("diff", parseAsBoolean.withDefault(true));
  const compare = useQuery(
    trpc.experiments.compare.queryOptions({ runIds: ids }, { enabled: ids.length >= 2 }),
  );
  const header = (
    <PageHeader
      title={ids.length >= 2 ? `Compare ${ids.length} runs` : "Compare runs"}
      description={
        of !== null && of > ids.length
          ? `${ids.length} of the ${of} runs that were selected: the first, in the order in which they were selected. ${of - ids.length} are left out.`
          : undefined
      }
      breadcrumbs={[
        { label: "Experiments", href: "/experiments" },
        {
          label: compare.data?.[0]?.experimentName ?? `Experiment ${experimentId}`,
          href: experimentHref(experimentId),
        },
        { label: "Compare" },
      ]}
      actions={
        <>
          <label className="flex min-h-8 items-center gap-2 text-sm">
            <Switch checked={onlyDifferences} onCheckedChange={(on) => void setOnlyDifferences(on)} />{" "}
            Differences only
          </label>
          {ids.length >= 2 ? <ShareButton /> : null}
        </>
      }
    />
  );
  if (ids.length < 2) {
    return (
      <>
        {header}
        <EmptyState
          icon={GitCompareArrows}
          title="Choose runs to compare"
          text="Select two or more runs of the experiment, then Compare."
          action={
            <Link className="text-accent-text hover:underline" href={experimentHref(experimentId)}>
              Back to the runs
            </Link>
          }
        />
      </>
    );
  }
  if (compare.error && !compare.data)
    return <ErrorNotice error={compare.error} onRetry={() => void compare.refetch()} />;
  if (!compare.data) return <DetailSkeleton />;
  const runs = compare.data;
  const labels = labelRuns(runs);
  const rows = rowsOf(runs).filter((row) => !onlyDifferences || new Set(row.values).size > 1);
  const curves = [
    ...new Set(
      runs.flatMap((run) => run.metrics.filter((metric) => metric.step > 0).map((metric) => metric.key)),
    ),
  ];
  return (
    <>
      {header}
      <div className="flex flex-col gap-6">
        {curves.length > 0 ? (
          <Section title="Curves" frame="none">
            <MetricCharts metrics={curves} runIds={ids} syncId="compare" labels={labels} />
          </Section>
        ) : null}
        <CompareTable
          experimentId={experimentId}
          runs={runs}
          labels={labels}
          rows={rows}
          title={onlyDifferences ? "What differs" : "All values"}
        />
      </div>
    </>
  );
}
