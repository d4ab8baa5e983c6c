import { useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { useTRPC, useTRPCClient } from "@/components/kit/trpc";
import { endOf, grownCurve } from "./grown-curve";

/** Curves in one question, as the server takes them. */
const AT_ONCE = 100;

const replaced = <T extends { key: string }>(before: readonly T[], now: readonly T[]): T[] =>
  [...new Map([...before, ...now].map((item) => [item.key, item])).values()].toSorted((a, b) =>
    a.key < b.key ? -1 : 1,
  );

/** Brings what the page shows of a run's metrics up to date by what was added since; nothing that it has is read again. */
export function useMetricChanges(runId: string): () => Promise<void> {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queryClient = useQueryClient();
  const since = useRef("0");
  const curveKey = (key: string) => trpc.experiments.metricSeries.queryKey({ runIds: [runId], key });

  const ask = async (keys: readonly string[]) => {
    const curves = keys.flatMap((key) => {
      const curve = queryClient.getQueryData(curveKey(key))?.[0];
      return curve ? [{ key, since: curve.since, after: endOf(curve) }] : [];
    });
    const changes = await client.experiments.metricChanges.query({ runId, since: since.current, curves });
    for (const { key, points } of changes.curves) {
      const metric = changes.metrics.find((each) => each.key === key);
      if (!metric) continue;
      const now = { total: metric.points, gaps: metric.gaps, since: changes.since };
      queryClient.setQueryData(curveKey(key), (series) =>
        series?.map((curve) => grownCurve(curve, points, now)),
      );
    }
    return changes;
  };

  return async () => {
    const known = queryClient.getQueryData(trpc.experiments.metricKeys.queryKey({ runId })) ?? [];
    const shown = known.map(({ key }) => key).filter((key) => queryClient.getQueryData(curveKey(key)));
    const parts = Array.from({ length: Math.max(1, Math.ceil(shown.length / AT_ONCE)) }, (_, at) =>
      shown.slice(at * AT_ONCE, (at + 1) * AT_ONCE),
    );
    const answers = await Promise.all(parts.map(ask));
    const [first] = answers;
    if (!first) return;
    queryClient.setQueryData(
      trpc.experiments.metricKeys.queryKey({ runId }),
      (keys) =>
        keys &&
        replaced(
          keys,
          first.metrics.map(({ key, points, min, max, nanCount }) => ({ key, points, min, max, nanCount })),
        ),
    );
    queryClient.setQueryData(
      trpc.experiments.run.queryKey({ runId }),
      (run) =>
        run && {
          ...run,
          metrics: replaced(
            run.metrics,
            first.metrics.map(({ key, value, step, timestampMs, isNan }) => ({
              key,
              value,
              step,
              timestampMs,
              isNan,
            })),
          ),
        },
    );
    since.current = first.since;
  };
}
