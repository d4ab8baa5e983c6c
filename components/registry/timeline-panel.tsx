"use client";
import { useQuery } from "@tanstack/react-query";
import { ErrorNotice } from "@/components/common/error-notice";
import { Section } from "@/components/common/section";
import { RowsSkeleton } from "@/components/common/skeletons";
import { Timeline } from "@/components/common/timeline";
import { useTRPC } from "@/components/kit/trpc";
import type { TimelineItem } from "./types";

const WORDS: Record<string, string> = {
  "registry.model.create": "created",
  "registry.model.rename": "renamed",
  "registry.model.update": "described",
  "registry.version.create": "registered",
  "registry.endpoint.register": "registered an external endpoint as",
  "registry.version.update": "described",
  "registry.version.delete": "deleted",
  "registry.version.transition-stage": "changed the stage of",
  "registry.version.qualify": "qualified",
  "registry.contract.save": "changed the contract of",
  "registry.card.save": "edited the card of",
  "registry.gates.run": "asked for the gates of",
  "registry.review.request": "requested a review of",
  "registry.alias.set": "set an alias on",
  "registry.alias.delete": "removed an alias from",
  "registry.model.delete": "deleted",
  "registry.protection.set": "changed the protected aliases and stages of",
  "governance.gate.run": "judged",
};

function textOf(item: TimelineItem): string {
  const words = WORDS[item.action] ?? item.action.replaceAll(/[._-]/g, " ");
  return `${words} ${item.label}${item.reason ? `: ${item.reason}` : ""}`;
}

/** The audit rows of a model or of one version of it, newest first. */
export function TimelinePanel({ name, versionId }: { name: string; versionId?: string }) {
  const trpc = useTRPC();
  const timeline = useQuery(trpc.registry.timeline.queryOptions({ name }));
  const items = (timeline.data?.items ?? []).filter(
    (item) => versionId === undefined || item.subjectId === versionId,
  );
  return (
    <Section id="timeline" title="Timeline" frame="card">
      {timeline.error ? <ErrorNotice error={timeline.error} onRetry={() => void timeline.refetch()} /> : null}
      {timeline.data ? (
        <Timeline
          entries={items.map((item) => ({
            id: String(item.seq),
            at: item.at,
            actor: item.actor,
            text: textOf(item),
          }))}
        />
      ) : timeline.error ? null : (
        <RowsSkeleton />
      )}
    </Section>
  );
}
