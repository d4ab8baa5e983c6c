"use client";
import { useQuery } from "@tanstack/react-query";
import { ErrorNotice } from "@/components/common/error-notice";
import { Section } from "@/components/common/section";
import { RowsSkeleton } from "@/components/common/skeletons";
import { Timeline } from "@/components/common/timeline";
import { useTRPC } from "@/components/kit/trpc";
import { timelineText } from "./timeline-text";

/** The audit rows of a model or of one version of it, newest first. */
export function TimelinePanel({ name, versionId }: { name: string; versionId?: string }) {
  const trpc = useTRPC();
  const timeline = useQuery(trpc.registry.timeline.queryOptions({ name }));
  const items = (timeline.data?.items ?? []).filter(
    (item) => versionId === undefined || item.versionIds.includes(versionId),
  );
  return (
    <Section id="timeline" title="Timeline" frame="card">
      {timeline.error ? <ErrorNotice error={timeline.error} onRetry={() => void timeline.refetch()} /> : null}
      {timeline.data ? (
        <Timeline
          entries={items.map((item) => ({
            id: item.id,
            at: item.at,
            actor: item.actor,
            text: timelineText(item),
            ...(item.href && { cause: { label: item.deployment ?? "Review", href: item.href } }),
          }))}
        />
      ) : timeline.error ? null : (
        <RowsSkeleton />
      )}
    </Section>
  );
}
