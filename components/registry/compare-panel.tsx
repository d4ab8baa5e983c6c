"use client";
import { useQuery } from "@tanstack/react-query";
import { DiffView } from "@/components/common/diff-view";
import { ErrorNotice } from "@/components/common/error-notice";
import { Section } from "@/components/common/section";
import { RowsSkeleton } from "@/components/common/skeletons";
import { useTRPC } from "@/components/kit/trpc";
import type { VersionDetail } from "./types";

/** What differs from the last approved version; only differences are shown. */
export function ComparePanel({ version }: { version: VersionDetail }) {
  const trpc = useTRPC();
  const { comparedWith } = version;
  const compared = useQuery(
    trpc.registry.compare.queryOptions(
      { name: version.modelName, version: version.number },
      { enabled: comparedWith !== null },
    ),
  );
  return (
    <Section id="compare" title="Compared with the last approved version" description={comparedWith?.name}>
      {comparedWith === null ? (
        <p className="text-fg-muted">No earlier version was approved, so there is nothing to compare with.</p>
      ) : compared.error ? (
        <ErrorNotice error={compared.error} onRetry={() => void compared.refetch()} />
      ) : compared.data ? (
        <DiffView
          entries={compared.data.rows.map((row) => ({
            key: `${row.group}: ${row.label}`,
            before: row.before,
            after: row.after,
          }))}
        />
      ) : (
        <RowsSkeleton />
      )}
    </Section>
  );
}
