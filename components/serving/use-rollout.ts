"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "@/components/kit/trpc";
import { useLive } from "@/components/kit/use-live";
import { deploymentTopic, rolloutTopic } from "@/server/serving/kinds";

/** While traffic may come, the chart is asked for at least this often: time moves on without events. */
const CLOCK_MS = 2_000;

/** A rollout with its chart, kept fresh by the server's messages; frozen once it has ended. */
export function useRollout(name: string, rolloutId: string) {
  const trpc = useTRPC();
  const rollout = useQuery(trpc.serving.rollout.queryOptions({ rolloutId }));
  const open = rollout.data ? rollout.data.finishedAt === null : false;
  const chart = useQuery(
    trpc.serving.chart.queryOptions(
      { name, rolloutId },
      { refetchInterval: open ? CLOCK_MS : false, placeholderData: (before) => before },
    ),
  );
  const topics = [rolloutTopic(rolloutId)];
  if (open && rollout.data) topics.push(deploymentTopic(rollout.data.deploymentId));
  const live = useLive(topics, [
    trpc.serving.rollout.queryKey({ rolloutId }),
    trpc.serving.chart.queryKey({ name, rolloutId }),
  ]);
  return { rollout, chart, live, open };
}
