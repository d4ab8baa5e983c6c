"use client";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { Cpu, Play } from "lucide-react";
import Link from "next/link";
import { toast } from "@/components/ui/toast";
import { ConfirmDialog } from "@/components/common/confirm-dialog";
import { DisabledReason } from "@/components/common/disabled-reason";
import { EmptyState } from "@/components/common/empty-state";
import { formatCount } from "@/components/common/format";
import { LiveDot } from "@/components/common/live-dot";
import { PageHeader } from "@/components/common/page-header";
import { DataTable } from "@/components/data-table/data-table";
import { ListExport } from "@/components/data-table/list-export";
import type { Facet, Selection } from "@/components/data-table/types";
import { useTableState } from "@/components/data-table/use-table-state";
import { useCan } from "@/components/kit/use-can";
import { useTRPC, useTRPCClient } from "@/components/kit/trpc";
import { Button, buttonVariants } from "@/components/ui/button";
import { useLive } from "@/components/kit/use-live";
import { JOB_STATES } from "@/server/compute/rules";
import type { JobState } from "@/server/compute/schemas";
import { JOB_COLUMNS, type JobRow } from "./job-columns";
import { jobHref, jobsTopic } from "@/server/compute/kinds";

const WORDS: Record<JobState, string> = {
  queued: "Queued",
  preparing: "Preparing",
  running: "Running",
  succeeded: "Succeeded",
  failed: "Failed",
  cancelled: "Cancelled",
};

const SNIPPETS = [
  {
    label: "curl",
    code: `curl -X POST "$MODELWORKS_URL/api/v1/jobs" \\
  -H "authorization: Bearer $MODELWORKS_TOKEN" -H "content-type: application/json" \\
  -d '{"name": "hello", "command": ["sh", "-c", "echo hello"]}'`,
  },
];

function facetsOf(counts: Record<string, number> | undefined, templates: readonly string[]): Facet[] {
  return [
    {
      id: "state",
      label: "State",
      options: JOB_STATES.map((value) => ({ value, label: WORDS[value], count: counts?.[value] ?? 0 })),
    },
    { id: "template", label: "Template", options: templates.map((value) => ({ value, label: value })) },
    { id: "owner", label: "Owner", options: [{ value: "me", label: "My jobs" }] },
  ];
}

const isState = (value: string): value is JobState => (JOB_STATES as readonly string[]).includes(value);

function BulkCancel({ selection }: { selection: Selection }) {
  const trpc = useTRPC();
  const can = useCan("compute.job.cancel");
  const cancel = useMutation(trpc.compute.job.cancelMany.mutationOptions({ meta: { handlesError: true } }));
  const reason = can.reason ?? (selection.ids.length > 200 ? "Choose at most 200 jobs." : undefined);
  const button = (
    <DisabledReason reason={reason}>
      <Button size="sm">Cancel jobs</Button>
    </DisabledReason>
  );
  if (reason) return button;
  return (
    <ConfirmDialog
      trigger={<Button size="sm">Cancel jobs</Button>}
      title={`Cancel ${formatCount(selection.count, "job")}?`}
      consequence="Waiting jobs end at once. Running ones are asked to end and killed after ten seconds. Jobs that have ended stay as they are."
      confirmLabel="Cancel jobs"
      cancelLabel="Keep them"
      reason={{ label: "Reason", required: false }}
      onConfirm={async (text) => {
        const { cancelled } = await cancel.mutateAsync({
          ids: [...selection.ids],
          reason: text,
        });
        toast.success(`${formatCount(cancelled.length, "job")} cancelled`);
        selection.clear();
      }}
    />
  );
}

/** The team's jobs, live: state, reason and place in the queue. */
export function JobsList() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const state = useTableState({ facets: ["state", "template", "owner"] });
  const filter = {
    q: state.q,
    states: (state.facets.state ?? []).filter(isState),
    templates: [...(state.facets.template ?? [])],
    mine: (state.facets.owner ?? []).includes("me"),
  };
  const list = useQuery(
    trpc.compute.job.list.queryOptions(
      { ...filter, cursor: state.cursor },
      { placeholderData: keepPreviousData },
    ),
  );
  const live = useLive([jobsTopic], [trpc.compute.job.list.queryKey()]);
  const launch = (
    <Link href="/templates" className={buttonVariants({ variant: "primary" })}>
      <Play aria-hidden /> Launch a job
    </Link>
  );
  return (
    <>
      <PageHeader
        title="Jobs"
        description="What the team runs: each with its code, inputs and outputs pinned by digest."
        meta={<LiveDot status={live.status} updatedAt={live.updatedAt ?? null} />}
        actions={launch}
      />
      <DataTable<JobRow>
        caption="Jobs of the team"
        columns={JOB_COLUMNS}
        rows={list.data?.items}
        total={list.data?.total}
        getRowId={(row) => row.id}
        rowLabel={(row) => row.name}
        rowHref={(row) => jobHref(row.id)}
        state={state}
        facets={facetsOf(list.data?.counts, list.data?.templates ?? [])}
        views="jobs"
        searchLabel="Search name or id"
        nextCursor={list.data?.nextCursor}
        refreshing={list.isPlaceholderData}
        error={list.error ?? undefined}
        onRetry={() => void list.refetch()}
        toolbar={
          <ListExport
            name="jobs"
            scope={`${formatCount(list.data?.total ?? 0, "job")}${state.filtered ? ", filtered" : ""}`}
            load={(cursor) => client.compute.job.list.query({ ...filter, cursor, limit: 200 })}
          />
        }
        // oxlint-disable-next-line react/no-unstable-nested-components -- a render function, not a component
        bulkActions={(selection) => <BulkCancel selection={selection} />}
        empty={
          <EmptyState
            icon={Cpu}
            title="No jobs yet"
            text="A job runs a command or a template on pinned inputs, within the team's quota, and keeps what it made."
            action={launch}
            snippets={SNIPPETS}
          />
        }
      />
    </>
  );
}
