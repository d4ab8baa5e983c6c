"use client";
import { useQuery } from "@tanstack/react-query";
import { ErrorNotice } from "@/components/common/error-notice";
import { ListSkeleton } from "@/components/common/skeletons";
import { servingWords } from "@/components/common/serving-words";
import { Timeline } from "@/components/common/timeline";
import { useTRPC } from "@/components/kit/trpc";
import { rolloutHref } from "@/server/serving/kinds";

function wordsOf(row: {
  action: string;
  state: string | null;
  version: number | null;
  reason: string;
}): string {
  const version = row.version === null ? "a version" : `version ${row.version}`;
  const words = servingWords({ action: row.action, state: row.state ?? undefined, version });
  return `${words}${row.reason ? `: ${row.reason}` : ""}`;
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
