"use client";
import { useQuery } from "@tanstack/react-query";
import { ErrorNotice } from "@/components/common/error-notice";
import { ListSkeleton } from "@/components/common/skeletons";
import { Timeline } from "@/components/common/timeline";
import { useTRPC } from "@/components/trpc";

const WORDS: Record<string, string> = {
  "serving.deployment.deploy": "deployed a version",
  "serving.deployment.roll-back": "rolled back",
  "serving.deployment.retire": "retired the deployment",
  "serving.rollout.pause": "paused the rollout",
  "serving.rollout.resume": "resumed the rollout",
  "serving.rollout.promote": "promoted the canary",
  "serving.rollout.abort": "aborted the rollout",
  "serving.rollout.complete": "completed the rollout",
  "serving.rollout.roll-back": "rolled the canary back",
  "serving.rollout.finish": "finished the rollout",
};

/** Who changed the deployment, from the audit log. */
export function DeploymentTimeline({ name }: { name: string }) {
  const trpc = useTRPC();
  const history = useQuery(trpc.serving.history.queryOptions({ name }));
  if (history.error) return <ErrorNotice error={history.error} onRetry={() => void history.refetch()} />;
  if (!history.data) return <ListSkeleton />;
  return (
    <Timeline
      label="Audit timeline"
      entries={history.data.map((row) => ({
        id: String(row.seq),
        at: row.at,
        actor: row.actorName,
        text: `${WORDS[row.action] ?? row.action}${row.reason ? `: ${row.reason}` : ""}`,
        ...(row.rolloutId
          ? { cause: { label: "Open the rollout", href: `/deployments/${name}/rollouts/${row.rolloutId}` } }
          : {}),
      }))}
    />
  );
}
