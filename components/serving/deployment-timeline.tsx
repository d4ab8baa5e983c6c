"use client";
import { useQuery } from "@tanstack/react-query";
import { ErrorNotice } from "@/components/common/error-notice";
import { ListSkeleton } from "@/components/common/skeletons";
import { Timeline } from "@/components/common/timeline";
import { useTRPC } from "@/components/kit/trpc";
import { rolloutHref } from "@/server/serving/kinds";

/** What each kind of entry says, with the version it was about. */
const WORDS: Record<string, (version: string) => string> = {
  "serving.deployment.deploy": (version) => `deployed ${version}`,
  "serving.deployment.roll-back": (version) => `rolled back to ${version}`,
  "serving.deployment.retire": () => "retired the deployment",
  "serving.rollout.pause": (version) => `paused the canary of ${version}`,
  "serving.rollout.resume": (version) => `resumed the canary of ${version}`,
  "serving.rollout.promote": (version) => `promoted the canary of ${version}`,
  "serving.rollout.abort": (version) => `aborted the canary of ${version}`,
  "serving.rollout.complete": (version) => `gave all requests to ${version}`,
  "serving.rollout.roll-back": (version) => `rolled the canary of ${version} back`,
  "serving.rollout.finish": (version) => `finished the rollout of ${version}`,
};

function wordsOf(row: { action: string; version: number | null; reason: string }): string {
  const version = row.version === null ? "a version" : `version ${row.version}`;
  return `${WORDS[row.action]?.(version) ?? row.action}${row.reason ? `: ${row.reason}` : ""}`;
}

/** Who changed the deployment, from the audit log. */
export function DeploymentTimeline({ name }: { name: string }) {
  const trpc = useTRPC();
  const history = useQuery(trpc.serving.history.queryOptions({ name }));
  if (history.error && !history.data)
    return <ErrorNotice error={history.error} onRetry={() => void history.refetch()} />;
  if (!history.data) return <ListSkeleton />;
  return (
    <Timeline
      label="Audit timeline"
      entries={history.data.map((row) => ({
        id: row.id,
        at: row.at,
        actor: row.actorName,
        text: wordsOf(row),
        ...(row.rolloutId
          ? { cause: { label: "Open the rollout", href: rolloutHref(name, row.rolloutId) } }
          : {}),
      }))}
    />
  );
}
