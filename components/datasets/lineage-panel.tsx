"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { ErrorNotice } from "@/components/common/error-notice";
import { RowsSkeleton } from "@/components/common/skeletons";
import { Section } from "@/components/common/section";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { useTRPC } from "@/components/kit/trpc";
import { Badge } from "@/components/ui/badge";
import { thingOf } from "@/server/plates/kinds";
import type { Neighbour } from "./types";

function List({ items, empty }: { items: readonly Neighbour[]; empty: string }) {
  if (items.length === 0) return <p className="p-4 text-fg-muted">{empty}</p>;
  return (
    <ul className="divide-y">
      {items.map((item) => {
        return (
          <li
            key={`${item.kind} ${item.id}`}
            className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2"
          >
            <Badge>{thingOf(item.kind)?.word ?? item.kind.replaceAll("_", " ")}</Badge>
            {item.href ? (
              <Link
                href={item.href}
                className="min-w-0 truncate font-medium text-accent-text hover:underline"
              >
                {item.label}
              </Link>
            ) : (
              <span className="min-w-0 truncate font-mono text-sm">{item.label}</span>
            )}
            <span className="text-sm text-fg-subtle">{item.relation.replaceAll("_", " ")}</span>
            {item.state ? <StatusBadge status={item.state} /> : null}
            {item.at ? <TimeAgo value={item.at} className="ml-auto text-sm text-fg-subtle" /> : null}
          </li>
        );
      })}
    </ul>
  );
}

/** What a version came from and what used it. */
export function LineagePanel({ versionId }: { versionId: string }) {
  const trpc = useTRPC();
  const lineage = useQuery(trpc.datasets.lineage.queryOptions({ id: versionId }));
  if (lineage.error && !lineage.data)
    return <ErrorNotice error={lineage.error} onRetry={() => void lineage.refetch()} />;
  if (!lineage.data) return <RowsSkeleton />;
  return (
    <div className="grid gap-6 lg:grid-cols-2 [&>*]:min-w-0">
      <Section title="Came from" frame="flush">
        <List
          items={lineage.data.upstream}
          empty="Uploaded by a person or a script; nothing here produced it."
        />
      </Section>
      <Section
        title="Consumers"
        description="Jobs and runs that read this version, and the models made from it."
        frame="flush"
      >
        <List
          items={lineage.data.downstream}
          empty="Nothing has used this version. Choose it as an input of a job, and the job appears here."
        />
      </Section>
    </div>
  );
}
