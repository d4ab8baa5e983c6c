"use client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { LineChart } from "@/components/chart/line-chart";
import { ErrorNotice } from "@/components/common/error-notice";
import { formatCount, formatMetric } from "@/components/common/format";
import { Button } from "@/components/ui/button";
import { useTRPC } from "@/components/kit/trpc";

interface ChartProps {
  runIds: string[];
  syncId: string;
  /** What each run is called in legend and table; its name when left out. */
  labels?: ReadonlyMap<string, string>;
}

/** One metric over steps for one or several runs; the server thins it to 1,000 points a run. */
function MetricChart({ metric, runIds, syncId, labels }: ChartProps & { metric: string }) {
  const trpc = useTRPC();
  const series = useQuery(trpc.experiments.metricSeries.queryOptions({ runIds, key: metric }));
  if (series.error && !series.data)
    return <ErrorNotice error={series.error} onRetry={() => void series.refetch()} />;
  const data = (series.data ?? []).filter((run) => run.points.length > 0);
  const last = data[0]?.points.at(-1)?.value ?? null;
  const thinned = data.some((run) => run.total > run.points.length);
  const gaps = data.reduce((sum, run) => sum + run.gaps, 0);
  const notes = [
    data.length === 1 ? `Last value ${formatMetric(last)}` : `${data.length} runs`,
    ...(thinned ? ["thinned for display"] : []),
    ...(gaps > 0 ? [`${formatCount(gaps, "value")} not finite, drawn as gaps`] : []),
  ];
  const summary = data.length > 0 ? `${notes.join("; ")}.` : series.data ? "No points." : "Loading…";
  return (
    <LineChart
      title={metric}
      summary={summary}
      series={data.map((run) => ({
        id: run.runId,
        label: labels?.get(run.runId) ?? run.runName,
        points: run.points.map((point) => ({ x: point.step, y: point.value })),
      }))}
      xLabel="Step"
      syncId={syncId}
      tools
      blank={series.data ? "No finite value" : "Loading…"}
      height={200}
    />
  );
}

const AT_ONCE = 12;

/** A chart for each metric: the first dozen, and the others when asked for. */
export function MetricCharts({ metrics, ...rest }: ChartProps & { metrics: string[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? metrics : metrics.slice(0, AT_ONCE);
  return (
    <>
      <div className="grid gap-4 lg:grid-cols-2">
        {shown.map((metric) => (
          <MetricChart key={metric} metric={metric} {...rest} />
        ))}
      </div>
      {shown.length < metrics.length ? (
        <Button className="mt-3 self-start" onClick={() => setAll(true)}>
          Show all {formatCount(metrics.length, "curve")}
        </Button>
      ) : null}
    </>
  );
}
