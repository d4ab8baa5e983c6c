"use client";
import { useQuery } from "@tanstack/react-query";
import { EntityIcon, EntityLink } from "@/components/common/entity-link";
import { ErrorNotice } from "@/components/common/error-notice";
import { Section } from "@/components/common/section";
import { RowsSkeleton } from "@/components/common/skeletons";
import { useTRPC } from "@/components/kit/trpc";
import type { LineageNode, VersionDetail } from "./types";

function Side({ title, nodes, empty }: { title: string; nodes: readonly LineageNode[]; empty: string }) {
  return (
    <div className="min-w-0">
      <h3 className="pb-1 text-sm font-medium text-fg-muted">{title}</h3>
      {nodes.length === 0 ? (
        <p className="text-fg-subtle">{empty}</p>
      ) : (
        <ul className="flex flex-col gap-1">
          {nodes.map((node) => (
            <li
              key={`${node.kind} ${node.id} ${node.relation}`}
              className="flex min-w-0 flex-wrap items-center gap-x-2"
            >
              {node.href ? (
                <EntityLink kind={node.kind.replace(" ", "_")} href={node.href} label={node.label} />
              ) : (
                <span className="inline-flex items-center gap-1.5">
                  <EntityIcon kind={node.kind} /> {node.label}
                </span>
              )}
              <span className="text-sm text-fg-subtle">{node.relation}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** One step back and one step on. */
export function LineagePanel({ version }: { version: VersionDetail }) {
  const trpc = useTRPC();
  const lineage = useQuery(
    trpc.registry.lineage.queryOptions({ name: version.modelName, version: version.number }),
  );
  return (
    <Section id="lineage" title="Lineage" frame="card">
      {lineage.error ? <ErrorNotice error={lineage.error} onRetry={() => void lineage.refetch()} /> : null}
      {lineage.data ? (
        <div className="grid gap-4 sm:grid-cols-2">
          <Side title="Came from" nodes={lineage.data.upstream} empty="Nothing is recorded." />
          <Side title="Used by" nodes={lineage.data.downstream} empty="Nothing uses it yet." />
        </div>
      ) : lineage.error ? null : (
        <RowsSkeleton />
      )}
    </Section>
  );
}
