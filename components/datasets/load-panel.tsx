"use client";
import { CopySnippet } from "@/components/common/copy-snippet";
import { DigestChip } from "@/components/common/digest-chip";
import { formatBytes, formatNumber } from "@/components/common/format";
import { Moment } from "@/components/common/time-ago";
import { KeyValue } from "@/components/common/key-value";
import { Section } from "@/components/common/section";
import { loadSnippets } from "./snippets";
import type { Version } from "./types";
import { useOrigin } from "@/components/common/use-origin";

/** How to load this version, and how to prove that it is the one. */
export function LoadPanel({ version }: { version: Version }) {
  const origin = useOrigin();
  return (
    <div className="grid gap-6 lg:grid-cols-2 [&>*]:min-w-0">
      <Section title="Load" description="The address names this exact version; its bytes never change.">
        <CopySnippet snippets={loadSnippets(origin, version)} />
      </Section>
      <Section title="Identity" frame="card">
        <KeyValue
          items={[
            {
              label: "Manifest digest",
              value: (
                <>
                  <DigestChip digest={version.manifestDigest} label="manifest digest" />
                  <p className="text-sm text-fg-subtle">
                    Identifies the stored files, byte by byte. The Verify snippet recomputes it.
                  </p>
                </>
              ),
            },
            {
              label: "Content digest",
              value: (
                <>
                  <DigestChip digest={version.contentDigest} label="content digest" />
                  <p className="text-sm text-fg-subtle">
                    Identifies the table: the same for any row order, for CSV and Parquet (
                    {version.canonicalisation}).
                  </p>
                </>
              ),
            },
            {
              label: "Schema digest",
              value: <DigestChip digest={version.schemaDigest} label="schema digest" />,
            },
            {
              label: "Rows",
              value: `${formatNumber(version.rowCount)} in ${version.columns.length} columns`,
            },
            ...version.files.map((file) => ({
              label: "File",
              value: (
                <>
                  <a
                    className="text-accent-text hover:underline"
                    href={`/api/v1/dataset-versions/${version.id}/files/${encodeURIComponent(file.path)}`}
                    download
                  >
                    {file.path}
                  </a>{" "}
                  <span className="text-fg-muted">{formatBytes(file.sizeBytes)}</span>
                  <DigestChip digest={file.digest} label="file digest" className="flex" />
                </>
              ),
            })),
            { label: "Registered", value: <Moment value={version.createdAt} /> },
            ...(version.note ? [{ label: "Note", value: version.note }] : []),
          ]}
        />
      </Section>
    </div>
  );
}
