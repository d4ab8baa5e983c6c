"use client";
import { useQuery } from "@tanstack/react-query";
import { LineChart } from "@/components/chart/line-chart";
import { formatMetric } from "@/components/common/format";
import { useTRPC } from "@/components/trpc";

/** One metric over steps for one or several runs; the server thins it to 1,000 points a run. */
export function MetricChart({
  metric,
  runIds,
  syncId,
}: {
  metric: string;
  runIds: string[];
  syncId: string;
}) {
  const trpc = useTRPC();
  const series = useQuery(trpc.experiments.metricSeries.queryOptions({ runIds, key: metric }));
  const data = (series.data ?? []).filter((run) => run.points.length > 0);
  const last = data[0]?.points.at(-1)?.value ?? null;
  const thinned = data.some((run) => run.total > run.points.length);
  const summary =
    data.length === 0
      ? "No points."
      : `${data.length === 1 ? `Last value ${formatMetric(last)}` : `${data.length} runs`}${thinned ? "; thinned for display" : ""}.`;
  return (
    <LineChart
      title={metric}
      summary={summary}
      series={data.map((run) => ({
        id: run.runId,
        label: run.runName,
        points: run.points.map((point) => ({ x: point.step, y: point.value })),
      }))}
      xLabel="Step"
      syncId={syncId}
      tools
      height={200}
    />
  );
}
