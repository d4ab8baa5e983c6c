"use client";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { ShieldCheck } from "lucide-react";
import { parseAsString, useQueryStates } from "nuqs";
import { CopyButton } from "@/components/common/copy-button";
import { EmptyState } from "@/components/common/empty-state";
import { ErrorNotice } from "@/components/common/error-notice";
import { ExportMenu } from "@/components/common/export-menu";
import { JsonView } from "@/components/common/json-view";
import { PageHeader } from "@/components/common/page-header";
import { TimeAgo } from "@/components/common/time-ago";
import { DataTable } from "@/components/data-table/data-table";
import type { Column } from "@/components/data-table/types";
import { useTableState } from "@/components/data-table/use-table-state";
import { useTRPC, useTRPCClient } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { useSession } from "@/components/kit/use-can";
import type { AuditRow } from "@/server/identity/export-audit";
import type { AuditVerdict } from "@/server/identity/verify-audit";

const FILTERS = ["actor", "action", "subjectKind", "subjectId", "from", "to"] as const;
const LABELS: Record<(typeof FILTERS)[number], string> = {
  actor: "Actor",
  action: "Action begins with",
  subjectKind: "Subject kind",
  subjectId: "Subject id",
  from: "From (UTC)",
  to: "Before (UTC)",
};

/** A row's place in the log of all teams: for those who administer the platform. */
const place: Column<AuditRow> = {
  id: "seq",
  header: "#",
  align: "end",
  from: "sm",
  cell: (row) => (row.seq === null ? "Waits" : <span data-numeric>{row.seq}</span>),
};

const columns: Column<AuditRow>[] = [
  { id: "at", header: "When", cell: (row) => <TimeAgo value={row.at} /> },
  { id: "actor", header: "Actor", cell: (row) => row.actorName },
  {
    id: "action",
    header: "Action",
    fixed: true,
    cell: (row) => <span className="font-mono text-sm">{row.action}</span>,
  },
  {
    id: "subject",
    header: "Subject",
    from: "md",
    cell: (row) => (
      <span className="inline-flex max-w-72 items-center gap-1">
        <span className="truncate">
          {row.subjectKind.replaceAll("_", " ")}{" "}
          <span className="font-mono text-sm text-fg-muted">{row.subjectId}</span>
        </span>
        <CopyButton value={row.subjectId} label="Copy subject id" />
      </span>
    ),
  },
  { id: "team", header: "Team", from: "lg", cell: (row) => row.team ?? "None" },
  {
    id: "entry",
    header: "Entry",
    from: "lg",
    cell: (row) => (
      <details>
        <summary className="cursor-pointer text-sm text-accent-text">Show</summary>
        <JsonView value={JSON.parse(row.payload) as unknown} />
      </details>
    ),
  },
];

function useFilter() {
  const parsers = Object.fromEntries(FILTERS.map((name) => [name, parseAsString]));
  const [values, set] = useQueryStates(parsers, { history: "replace" });
  const given = Object.fromEntries(
    FILTERS.flatMap((name) => (values[name] ? [[name, values[name]]] : [])),
  ) as Partial<Record<(typeof FILTERS)[number], string>>;
  return { given, set };
}

const HEAD_KEY = "modelworks.audit-head";

/** The head that this browser saw last: with it the server's word is not all that tells whether rows were cut off since. */
function keptHead(): { keptSeq: number; keptHash: string } | undefined {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(HEAD_KEY) ?? "null");
    if (kept !== null && typeof kept === "object" && "keptSeq" in kept && "keptHash" in kept)
      return { keptSeq: Number(kept.keptSeq), keptHash: String(kept.keptHash) };
  } catch {
    // As if nothing were kept.
  }
  return undefined;
}

function keepHead({ checked, head }: AuditVerdict): void {
  try {
    if (checked > 0) localStorage.setItem(HEAD_KEY, JSON.stringify({ keptSeq: checked, keptHash: head }));
  } catch {
    // A browser that stores nothing verifies the chain alone.
  }
}

const forgetHead = () => localStorage.removeItem(HEAD_KEY);

/** What was done: filter, export of the filter, and the proof that nothing was changed. */
export function AuditList() {
  const trpc = useTRPC();
  const state = useTableState();
  const { given, set } = useFilter();
  const platform = useSession().data?.me.isPlatformAdmin === true;
  const filtered = Object.keys(given).length > 0;
  const { from, to, ...words } = given;
  const input = { ...words, ...(from ? { from: `${from}Z` } : {}), ...(to ? { to: `${to}Z` } : {}) };
  const rows = useQuery(
    trpc.identity.audit.queryOptions(
      { ...input, cursor: state.cursor },
      { placeholderData: keepPreviousData },
    ),
  );
  const client = useTRPCClient();
  const verify = useMutation({
    mutationFn: async () => {
      const verdict = await client.identity.verifyAudit.query(keptHead());
      if (verdict.ok) keepHead(verdict);
      return verdict;
    },
    meta: { handlesError: true },
  });
  const exportHref = (format: string) =>
    `/api/v1/audit/export?${new URLSearchParams({ ...input, format }).toString()}`;
  return (
    <>
      <PageHeader
        title="Audit"
        description="Every change, by whom, in an append-only chain: each row's hash covers the row before it."
        actions={
          <>
            <Button pending={verify.isPending} pendingLabel="Verifying…" onClick={() => verify.mutate()}>
              <ShieldCheck aria-hidden /> Verify the chain
            </Button>
            <ExportMenu scope={filtered ? "The filtered rows" : "All rows"} hrefFor={exportHref} />
          </>
        }
      />
      {verify.error ? <ErrorNotice error={verify.error} onRetry={() => verify.mutate()} /> : null}
      {verify.data ? (
        <output className="block w-full">
          <Result
            verdict={verify.data}
            onForget={() => {
              forgetHead();
              verify.mutate();
            }}
          />
        </output>
      ) : null}
      <search
        className="mb-3 grid grid-cols-2 gap-3 sm:grid-cols-3 xl:grid-cols-6"
        aria-label="Filter the audit log"
      >
        {FILTERS.map((name) => (
          <div key={name} className="flex min-w-0 flex-col gap-1">
            <Label htmlFor={`audit-${name}`}>{LABELS[name]}</Label>
            <Input
              id={`audit-${name}`}
              type={name === "from" || name === "to" ? "datetime-local" : "text"}
              value={given[name] ?? ""}
              onChange={(event) => {
                state.setCursor(null);
                void set({ [name]: event.target.value || null });
              }}
            />
          </div>
        ))}
      </search>
      <DataTable<AuditRow>
        caption="Audit log"
        columns={platform ? [place, ...columns] : columns}
        rows={rows.data?.items}
        getRowId={(row) => row.id}
        rowLabel={(row) => `${row.action} by ${row.actorName}`}
        state={state}
        views="audit"
        searchLabel={null}
        nextCursor={rows.data?.nextCursor}
        refreshing={rows.isPlaceholderData}
        error={rows.error ?? undefined}
        onRetry={() => void rows.refetch()}
        toolbar={
          filtered ? (
            <Button
              variant="ghost"
              onClick={() => {
                state.setCursor(null);
                void set(Object.fromEntries(FILTERS.map((name) => [name, null])));
              }}
            >
              Clear filter
            </Button>
          ) : null
        }
        keepBar
        empty={
          <EmptyState
            icon={ShieldCheck}
            title={filtered ? "Nothing matches this filter" : "Nothing recorded yet"}
            text={
              filtered ? "Widen the time or clear a field." : "Every change in this team will be listed here."
            }
          />
        }
      />
    </>
  );
}

function Result({ verdict, onForget }: { verdict: AuditVerdict; onForget: () => void }) {
  const checked = `${verdict.checked.toLocaleString("en")} rows hold, checked in ${verdict.durationMs} ms.`;
  if (verdict.firstBad) {
    return (
      <Callout
        tone="negative"
        role="alert"
        title={`The chain breaks ${verdict.firstBad.foreign ? "after" : "at"} row ${verdict.firstBad.seq}`}
        className="w-full"
      >
        Row {verdict.firstBad.seq}: {verdict.firstBad.problem}. Before it, {checked}
      </Callout>
    );
  }
  if (verdict.keptProblem) {
    return (
      <Callout
        tone="negative"
        role="alert"
        title="This is not the log that this browser verified last"
        className="w-full"
      >
        <p>
          {verdict.keptProblem} Rows were cut off or rewritten, a backup was restored, or this is another
          installation at the same address. In itself the chain holds: {checked}
        </p>
        <Button size="sm" onClick={onForget}>
          Keep the present head instead
        </Button>
      </Callout>
    );
  }
  const { rows: waiting } = verdict.waiting;
  if (verdict.waitingProblem) {
    return (
      <Callout tone="negative" role="alert" title="Rows wait for their place in the chain" className="w-full">
        {verdict.waitingProblem} The chain itself holds: {checked}
      </Callout>
    );
  }
  return (
    <Callout tone="positive" title="The chain holds" className="w-full">
      <p>{checked}</p>
      {waiting > 0 ? (
        <p>
          {waiting === 1 ? "1 newer row waits" : `${waiting.toLocaleString("en")} newer rows wait`} for{" "}
          {waiting === 1 ? "its" : "their"} place in the chain, which takes about a second.
        </p>
      ) : null}
      <p className="flex flex-wrap items-center gap-1">
        Head <code className="font-mono text-xs break-all">{verdict.head}</code>
        <CopyButton value={verdict.head} label="Copy head hash" />
      </p>
      <p>
        This browser keeps the head and compares it at the next verification, so that rows cut off or
        rewritten since then show. Scripts send it as <code className="font-mono text-xs">keptSeq</code> and{" "}
        <code className="font-mono text-xs">keptHash</code>.
      </p>
    </Callout>
  );
}
