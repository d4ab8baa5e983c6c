"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Download, History, SquarePen } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useState } from "react";
import { CopySnippet } from "@/components/common/copy-snippet";
import { DigestChip } from "@/components/common/digest-chip";
import { DisabledReason } from "@/components/common/disabled-reason";
import { EmptyState } from "@/components/common/empty-state";
import { ErrorNotice } from "@/components/common/error-notice";
import { downloadText } from "@/components/common/export-menu";
import { NotFoundState } from "@/components/common/not-found-state";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { DetailSkeleton } from "@/components/common/skeletons";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { DataTable } from "@/components/data-table/data-table";
import type { Column } from "@/components/data-table/types";
import { useTableState } from "@/components/data-table/use-table-state";
import { useCan } from "@/components/kit/use-can";
import { publicErrorOf, useTRPC } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import type { PolicyDetail, PolicyVerdictRow } from "@/server/governance/gates/policy-verbs";

import { PolicyAffected } from "./policy-affected";
import { PolicyFacts } from "./policy-facts";
import { attestationHref } from "@/server/governance/kinds";

const PolicyEditor = dynamic(async () => (await import("./policy-editor")).PolicyEditor);

/** What each rule asks, in words first and as CEL beneath. */
function Rules({ rules }: { rules: PolicyDetail["rules"] }) {
  return (
    <ol className="divide-y">
      {rules.map((rule) => (
        <li key={rule.id} className="flex min-w-0 flex-col gap-1 px-4 py-2.5">
          <p className="font-medium">{rule.title}</p>
          <p className="text-sm text-fg-muted">If not: {rule.message}</p>
          {rule.when ? <Cel label="Applies when" text={rule.when} /> : null}
          {rule.indeterminateWhen ? <Cel label="Goes to people when" text={rule.indeterminateWhen} /> : null}
          <Cel label="Holds when" text={rule.expression} />
        </li>
      ))}
    </ol>
  );
}

function Cel({ label, text }: { label: string; text: string }) {
  return (
    <p className="text-sm text-fg-muted">
      {label} <code className="font-mono break-words text-fg">{text}</code>
    </p>
  );
}

const columns: Column<PolicyVerdictRow>[] = [
  { id: "verdict", header: "Verdict", cell: (row) => <StatusBadge status={row.verdict} /> },
  {
    id: "subject",
    header: "Subject",
    fixed: true,
    cell: (row) => row.subjectName ?? `${row.subjectKind} ${row.subjectId}`,
  },
  { id: "trigger", header: "Because", from: "md", cell: (row) => row.trigger },
  { id: "version", header: "Version", align: "end", from: "sm", cell: (row) => row.policyVersion },
  {
    id: "attestation",
    header: "Attestation",
    from: "sm",
    cell: (row) =>
      row.attestationId ? (
        <Link className="text-accent-text hover:underline" href={attestationHref(row.attestationId)}>
          Open
        </Link>
      ) : null,
  },
  { id: "at", header: "When", cell: (row) => <TimeAgo value={row.createdAt} /> },
];

function Verdicts({ policyKey }: { policyKey: string }) {
  const trpc = useTRPC();
  const state = useTableState();
  const history = useQuery(
    trpc.governance.policyHistory.queryOptions(
      { key: policyKey, cursor: state.cursor },
      { placeholderData: keepPreviousData },
    ),
  );
  return (
    <DataTable<PolicyVerdictRow>
      caption="Verdicts of this policy"
      columns={columns}
      rows={history.data?.items}
      getRowId={(row) => row.gateRunId}
      rowLabel={(row) => `${row.verdict} on ${row.subjectKind} ${row.subjectId}`}
      state={state}
      searchLabel={null}
      nextCursor={history.data?.nextCursor}
      refreshing={history.isPlaceholderData}
      error={history.error ?? undefined}
      onRetry={() => void history.refetch()}
      empty={
        <EmptyState
          icon={History}
          title="No verdicts yet"
          text="Each time a version is registered or its evidence changes, this policy is run and its verdict listed here."
        />
      }
    />
  );
}

/** One policy: rules in words, the document itself, its versions and what it decided. */
export function PolicyView({ policyKey }: { policyKey: string }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.governance.policy.queryOptions({ key: policyKey }));
  const [editing, setEditing] = useState(false);
  const write = useCan("governance.policy.write");
  if (error) {
    const code = publicErrorOf(error)?.code;
    if (code === "not_found" || code === "invalid") return <NotFoundState what="This policy" />;
    if (!data) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  }
  if (!data) return <DetailSkeleton />;
  const file = `${data.key}-v${data.version}.yaml`;
  return (
    <div className="flex flex-col gap-6">
      <PageHeader
        title={data.title}
        breadcrumbs={[{ label: "Policies", href: "/policies" }, { label: data.key }]}
        meta={
          <>
            <span>Version {data.version}</span>
            <DigestChip digest={data.digest} label="policy digest" />
            <span>
              In force since <TimeAgo value={data.since} />
            </span>
          </>
        }
        actions={
          <>
            <Button onClick={() => downloadText(file, data.source, "application/yaml")}>
              <Download aria-hidden /> Download
            </Button>
            <DisabledReason reason={write.allowed ? null : write.reason}>
              <Button aria-expanded={editing} onClick={() => setEditing(!editing)}>
                <SquarePen aria-hidden /> Edit
              </Button>
            </DisabledReason>
          </>
        }
      />
      {editing ? <PolicyEditor key={data.digest} policy={data} onDone={() => setEditing(false)} /> : null}
      <PolicyAffected policyKey={policyKey} />
      <div className="grid gap-6 lg:grid-cols-2">
        <Section
          title="Rules"
          frame="flush"
          description={`Judged on: ${data.evidence.join(", ")}. All must hold; doubt goes to people.`}
        >
          <Rules rules={data.rules} />
        </Section>
        <div className="flex min-w-0 flex-col gap-6">
          <PolicyFacts policy={data} />
          <Section title="Document">
            <CopySnippet
              title={file}
              snippets={[{ label: "yaml", code: data.source, language: "yaml" }]}
              className="[&_pre]:max-h-96 [&_pre]:overflow-auto"
            />
          </Section>
        </div>
      </div>
      <Section title="History of verdicts">
        <Verdicts policyKey={policyKey} />
      </Section>
    </div>
  );
}
