"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Gauge, Plus } from "lucide-react";
import Link from "next/link";
import { CopySnippet } from "@/components/common/copy-snippet";
import { DisabledReason } from "@/components/common/disabled-reason";
import { EmptyState } from "@/components/common/empty-state";
import { ErrorNotice } from "@/components/common/error-notice";
import { LiveDot } from "@/components/common/live-dot";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { RowsSkeleton } from "@/components/common/skeletons";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { DataTable } from "@/components/data-table/data-table";
import { ListExport } from "@/components/data-table/list-export";
import type { Column } from "@/components/data-table/types";
import { useTableState } from "@/components/data-table/use-table-state";
import { useCan, useSession } from "@/components/kit/use-can";
import { useTRPC, useTRPCClient } from "@/components/kit/trpc";
import { Button, buttonVariants } from "@/components/ui/button";
import { useLive } from "@/components/kit/use-live";
import { amountInWords, resourceInWords } from "@/server/compute/rules";
import { resourcesInShort } from "./job-columns";
import { QuotaBars } from "./quota-bars";
import { jobHref, quotaRequestHref, quotaTopic } from "@/server/compute/kinds";

interface RequestRow {
  id: string;
  teamName: string;
  flavor: string;
  amountMilli: number;
  until: Date;
  why: string;
  state: string;
  requesterName: string;
  createdAt: Date;
}

const STATES = ["open", "approved", "rejected", "withdrawn", "expired"] as const;
type RequestState = (typeof STATES)[number];
const isState = (value: string): value is RequestState => (STATES as readonly string[]).includes(value);
const capital = (word: string) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;

const COLUMNS: Column<RequestRow>[] = [
  {
    id: "what",
    header: "Request",
    fixed: true,
    cell: (row) => (
      <span className="flex min-w-0 flex-col">
        <span className="font-medium">
          {amountInWords(`gpu:${row.flavor}`, row.amountMilli)} {row.flavor}
        </span>
        <span className="max-w-72 truncate text-sm text-fg-subtle">{row.why}</span>
      </span>
    ),
  },
  { id: "state", header: "State", cell: (row) => <StatusBadge status={row.state} /> },
  { id: "until", header: "Until", from: "sm", cell: (row) => <TimeAgo value={row.until} /> },
  { id: "team", header: "Team", from: "lg", cell: (row) => row.teamName },
  { id: "by", header: "Asked by", from: "md", cell: (row) => row.requesterName },
  { id: "created", header: "Asked", from: "md", cell: (row) => <TimeAgo value={row.createdAt} /> },
];

function RequestButton() {
  const can = useCan("compute.quota.request");
  const label = (
    <>
      <Plus aria-hidden /> Request GPU quota
    </>
  );
  if (can.allowed) {
    return (
      <Link href="/quotas/request" className={buttonVariants({ variant: "primary" })}>
        {label}
      </Link>
    );
  }
  return (
    <DisabledReason reason={can.reason}>
      <Button variant="primary">{label}</Button>
    </DisabledReason>
  );
}

function Requests() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const session = useSession();
  const platform = session.data?.permissions["compute.quota.decide"].allowed === true;
  const state = useTableState({ facets: ["state", "teams"] });
  const all = platform && !(state.facets.teams ?? []).includes("own");
  const filter = {
    states: (state.facets.state ?? []).filter(isState),
    scope: all ? ("all" as const) : ("team" as const),
  };
  const list = useQuery(
    trpc.compute.quota.requests.queryOptions(
      { ...filter, cursor: state.cursor },
      { placeholderData: keepPreviousData, enabled: session.data !== undefined },
    ),
  );
  const stateFacet = {
    id: "state",
    label: "State",
    options: STATES.map((value) => ({ value, label: capital(value) })),
  };
  const teamFacet = { id: "teams", label: "Teams", options: [{ value: "own", label: "This team only" }] };
  return (
    <Section title="Requests" description={all ? "Of all teams" : undefined}>
      <DataTable<RequestRow>
        caption="Quota requests"
        columns={COLUMNS}
        rows={list.data?.items}
        total={list.data?.total}
        getRowId={(row) => row.id}
        rowLabel={(row) => `${row.requesterName}: ${row.flavor}`}
        rowHref={(row) => quotaRequestHref(row.id)}
        state={state}
        facets={platform ? [stateFacet, teamFacet] : [stateFacet]}
        searchLabel={null}
        views="quotas"
        toolbar={
          <ListExport
            name="quota-requests"
            scope={state.filtered ? "The filtered requests" : "All requests"}
            load={(cursor) => client.compute.quota.requests.query({ ...filter, cursor, limit: 200 })}
          />
        }
        nextCursor={list.data?.nextCursor}
        refreshing={list.isPlaceholderData}
        error={list.error ?? undefined}
        onRetry={() => void list.refetch()}
        empty={
          <EmptyState
            icon={Gauge}
            title="No requests yet"
            text="Ask for GPUs until a day and say why; a platform administrator decides, and the grant ends by itself."
            action={<RequestButton />}
          />
        }
      />
    </Section>
  );
}

/** The team's quota: what it may use, what holds it, which grants end when, and the requests. */
export function QuotaPage() {
  const trpc = useTRPC();
  const quota = useQuery(trpc.compute.quota.get.queryOptions());
  const live = useLive([quotaTopic], [trpc.compute.quota.pathKey()]);
  const admin = useCan("compute.quota.set");
  return (
    <div className="flex flex-col gap-6">
      <PageHeader
        title="Quotas"
        description="What this team's jobs may hold at the same time. A job that does not fit waits, with a reason and a position."
        meta={<LiveDot status={live.status} updatedAt={live.updatedAt ?? null} />}
        actions={
          <>
            {admin.allowed ? (
              <Link href="/admin/quotas" className={buttonVariants()}>
                Base quotas
              </Link>
            ) : null}
            <RequestButton />
          </>
        }
      />
      {quota.error ? <ErrorNotice error={quota.error} onRetry={() => void quota.refetch()} /> : null}
      <Section title="Usage" frame="card">
        {quota.data ? <QuotaBars lines={quota.data.lines} /> : <RowsSkeleton rows={2} />}
        <p className="mt-4 text-sm text-fg-subtle">
          GPUs are accounted against quota, not isolated, by the local cluster adapter: a job learns its share
          by MODELWORKS_GPU_MILLI and MODELWORKS_GPU_FLAVOR.
        </p>
      </Section>
      {quota.data && quota.data.holding.length > 0 ? (
        <Section title="Held now by" frame="flush">
          <ul className="divide-y">
            {quota.data.holding.map((job) => (
              <li key={job.id} className="flex flex-wrap items-center justify-between gap-x-3 px-3 py-2">
                <Link href={jobHref(job.id)} className="font-medium hover:underline">
                  {job.name}
                </Link>
                <span className="text-sm text-fg-muted">{resourcesInShort(job)}</span>
              </li>
            ))}
          </ul>
        </Section>
      ) : null}
      {quota.data && quota.data.grants.length > 0 ? (
        <Section title="Grants that end by themselves" frame="flush">
          <ul className="divide-y">
            {quota.data.grants.map((grant) => (
              <li key={grant.id} className="flex flex-wrap items-center justify-between gap-x-3 px-3 py-2">
                <Link href={quotaRequestHref(grant.requestId ?? "")} className="font-medium hover:underline">
                  {amountInWords(grant.resource, grant.amount)} of {resourceInWords(grant.resource)}
                </Link>
                {grant.expiresAt ? (
                  <span className="text-sm text-fg-muted">
                    ends <TimeAgo value={grant.expiresAt} />
                  </span>
                ) : null}
              </li>
            ))}
          </ul>
        </Section>
      ) : null}
      <Requests />
      <CopySnippet
        title="Get this by script"
        snippets={[
          {
            label: "curl",
            code: 'curl -H "authorization: Bearer $MODELWORKS_TOKEN" "$MODELWORKS_URL/api/v1/quota"',
          },
        ]}
      />
    </div>
  );
}
