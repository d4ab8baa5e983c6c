"use client";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { ScrollText, ShieldCheck } from "lucide-react";
import Link from "next/link";
import { useId, useState } from "react";
import { CopySnippet } from "@/components/common/copy-snippet";
import { DigestChip } from "@/components/common/digest-chip";
import { EmptyState } from "@/components/common/empty-state";
import { ErrorNotice } from "@/components/common/error-notice";
import { formatNumber } from "@/components/common/format";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { StatTile } from "@/components/common/stat-tile";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { DataTable } from "@/components/data-table/data-table";
import { ListExport } from "@/components/data-table/list-export";
import type { Column } from "@/components/data-table/types";
import { useTableState } from "@/components/data-table/use-table-state";
import { useTRPC, useTRPCClient } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { Label } from "@/components/ui/label";
import { Textarea } from "@/components/ui/textarea";
import type { LogEntryView } from "@/server/governance/log/read-log";
import { DECIDED } from "./attestation-card";
import { ConsistencyProof } from "./consistency-proof";
import { SigningKeys } from "./signing-keys";
import { attestationHref } from "@/server/governance/kinds";

const columns: Column<LogEntryView>[] = [
  { id: "index", header: "Entry", align: "end", fixed: true, cell: (row) => row.index },
  {
    id: "attests",
    header: "Attests",
    cell: (row) =>
      row.attestation ? (
        <span className="flex flex-wrap items-center gap-2">
          <Link
            className="inline-flex min-h-6 items-center text-accent-text hover:underline"
            href={attestationHref(row.attestation.id)}
          >
            {row.attestation.label}
          </Link>
          <StatusBadge status={DECIDED[row.attestation.result] ?? row.attestation.result} />
        </span>
      ) : (
        <span className="text-fg-subtle">another team’s attestation</span>
      ),
  },
  {
    id: "subject",
    header: "Subject",
    from: "lg",
    cell: (row) =>
      row.attestation ? (
        <span title={row.attestation.subjectId}>
          {row.attestation.subjectName ?? row.attestation.subjectId}
        </span>
      ) : null,
  },
  { id: "digest", header: "Digest", from: "md", cell: (row) => <DigestChip digest={row.digest} /> },
  { id: "at", header: "When", cell: (row) => <TimeAgo value={row.createdAt} /> },
];

function WholeLog() {
  const client = useTRPCClient();
  const [kept, setKept] = useState("");
  const id = useId();
  const verify = useMutation({
    mutationFn: () =>
      client.governance.verifyLog.query({ checkpoint: kept.trim() === "" ? undefined : kept }),
    meta: { handlesError: true },
  });
  const { data } = verify;
  return (
    <div className="flex flex-col items-start gap-3 p-4">
      <p className="text-sm text-fg-muted">
        Recomputes every leaf, node, checkpoint and attestation from the raw entries. Paste a checkpoint that
        you kept, and it also proves that nothing before it was rewritten.
      </p>
      <div className="flex w-full flex-col gap-1">
        <Label htmlFor={id}>Checkpoint kept outside (optional)</Label>
        <Textarea
          id={id}
          rows={3}
          className="font-mono text-sm"
          value={kept}
          onChange={(event) => setKept(event.target.value)}
        />
      </div>
      <Button pending={verify.isPending} pendingLabel="Recomputing…" onClick={() => verify.mutate()}>
        <ShieldCheck aria-hidden /> Verify the whole log
      </Button>
      {verify.error ? <ErrorNotice error={verify.error} onRetry={() => verify.mutate()} /> : null}
      {data ? (
        <output className="block w-full">
          <Callout
            tone={data.ok ? "positive" : "negative"}
            title={data.ok ? "The log holds" : "The log does not hold"}
          >
            <p>
              {formatNumber(data.checked)} of {formatNumber(data.size)} entries recomputed in{" "}
              {data.durationMs} ms.
            </p>
            {data.problems.length > 0 ? (
              <ul className="list-disc pl-4">
                {data.problems.map((problem) => (
                  <li key={problem}>{problem}</li>
                ))}
              </ul>
            ) : (
              <p className="font-mono text-xs break-all">Root {data.rootHash}</p>
            )}
          </Callout>
        </output>
      ) : null}
    </div>
  );
}

/** The transparency log: its newest checkpoint, entries, proofs, and the button that recomputes all of it. */
export function LogView() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const state = useTableState();
  const head = useQuery(trpc.governance.checkpoint.queryOptions());
  const entries = useQuery(
    trpc.governance.logEntries.queryOptions({ cursor: state.cursor }, { placeholderData: keepPreviousData }),
  );
  const checkpoint = head.data?.checkpoint;
  return (
    <div className="flex flex-col gap-6">
      <PageHeader
        title="Transparency log"
        description="Every verdict and every decision is an entry in one append-only Merkle tree. Whoever keeps a checkpoint can prove later that nothing before it was changed."
        actions={
          <>
            <Button asChild>
              <a href="/log/checkpoint" target="_blank" rel="noreferrer">
                Checkpoint
              </a>
            </Button>
            <Button asChild>
              <a href="/log/keys.json" target="_blank" rel="noreferrer">
                Public keys
              </a>
            </Button>
          </>
        }
      />
      {head.error ? <ErrorNotice error={head.error} onRetry={() => void head.refetch()} /> : null}
      {checkpoint ? (
        <div className="grid gap-3 sm:grid-cols-3">
          <StatTile
            label="Entries"
            value={formatNumber(checkpoint.size)}
            note={`Origin ${checkpoint.origin}`}
          />
          <StatTile label="Newest entry" value={<TimeAgo value={checkpoint.createdAt} />} />
          <StatTile label="Root" value={<DigestChip digest={checkpoint.rootHash} label="root hash" />} />
        </div>
      ) : null}
      {checkpoint && head.data ? (
        <div className="grid gap-6 lg:grid-cols-2">
          <Section title="Checkpoint" description="Keep a copy of it outside. Tiles follow C2SP tlog-tiles.">
            <CopySnippet
              snippets={[
                { label: "Signed note", code: checkpoint.note },
                { label: "Verifier key", code: head.data.verifierKey },
                { label: "Tiles", code: tileCommands(checkpoint.size) },
              ]}
            />
            <ConsistencyProof size={checkpoint.size} />
          </Section>
          <Section title="Whole log" frame="flush">
            <WholeLog />
          </Section>
        </div>
      ) : null}
      {head.data ? <SigningKeys keys={head.data.keys} /> : null}
      <Section title="Entries">
        <DataTable<LogEntryView>
          caption="Entries of the transparency log, newest first"
          columns={columns}
          rows={entries.data?.items}
          getRowId={(row) => String(row.index)}
          rowLabel={(row) => `Entry ${row.index}`}
          state={state}
          searchLabel={null}
          toolbar={
            <ListExport
              name="transparency-log"
              scope="All entries"
              load={(cursor) => client.governance.logEntries.query({ cursor, limit: 200 })}
            />
          }
          nextCursor={entries.data?.nextCursor}
          refreshing={entries.isPlaceholderData}
          error={entries.error ?? undefined}
          onRetry={() => void entries.refetch()}
          empty={
            <EmptyState
              icon={ScrollText}
              title="The log is empty"
              text="Its first entries appear when the policies judge a model version."
            />
          }
        />
      </Section>
    </div>
  );
}

/** Commands that read the newest level-0 tile and its entries. */
function tileCommands(size: number): string {
  const index = Math.floor((size - 1) / 256);
  const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, "0");
  const groups = digits.match(/\d{3}/gu) ?? [];
  const path = groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join("/");
  const width = size - index * 256;
  const suffix = width === 256 ? "" : `.p/${width}`;
  return [
    `curl -fsS $MODELWORKS_URL/log/checkpoint`,
    `curl -fsS $MODELWORKS_URL/log/tile/0/${path}${suffix} | xxd -c 32 -p`,
    `curl -fsS $MODELWORKS_URL/log/tile/entries/${path}${suffix} -o entries.bin`,
  ].join("\n");
}
