"use client";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ListChecks, RotateCcw } from "lucide-react";
import { useId, useState } from "react";
import { toast } from "@/components/ui/toast";
import { ConfirmDialog } from "@/components/common/confirm-dialog";
import { CopySnippet } from "@/components/common/copy-snippet";
import { DisabledReason } from "@/components/common/disabled-reason";
import { EmptyState } from "@/components/common/empty-state";
import { formatCount } from "@/components/common/format";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { DataTable } from "@/components/data-table/data-table";
import { ListExport } from "@/components/data-table/list-export";
import type { Column, Facet } from "@/components/data-table/types";
import { useTableState } from "@/components/data-table/use-table-state";
import { useCan } from "@/components/kit/use-can";
import { useTRPC, useTRPCClient } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { SetAsideList } from "./set-aside-list";
import { WorkflowList } from "./workflow-list";

interface Work {
  eventId: string;
  handler: string;
  eventType: string;
  state: "pending" | "done" | "dead";
  attempts: number;
  lastError: string | null;
  nextAttemptAt: Date;
  createdAt: Date;
}

const STATES = ["pending", "done", "dead"] as const;
const FACETS: Facet[] = [
  {
    id: "state",
    label: "State",
    single: true,
    options: [
      { value: "dead", label: "Dead letters" },
      { value: "pending", label: "Pending" },
      { value: "done", label: "Done" },
    ],
  },
];
const REFRESH_MS = 3_000;

/** Longer than this, two lines of the column may not hold it. */
const SHORT = 80;

/** Why a delivery failed: cut to two lines at first, and whole on request. */
function LastError({ text, of }: { text: string; of: string }) {
  const [isWhole, setWhole] = useState(false);
  const id = useId();
  const isLong = text.length > SHORT || text.includes("\n");
  return (
    <div className="flex max-w-xl min-w-48 flex-col items-start text-sm text-fg-muted">
      <span
        id={id}
        className={cn("wrap-anywhere", isLong && (isWhole ? "whitespace-pre-wrap" : "line-clamp-2"))}
      >
        {text}
      </span>
      {isLong ? (
        <Button
          variant="link"
          className="min-h-6 text-sm"
          aria-expanded={isWhole}
          aria-controls={id}
          onClick={() => setWhole(!isWhole)}
        >
          {isWhole ? "Show less" : "Show all"}
          <span className="sr-only">of the error of {of}</span>
        </Button>
      ) : null}
    </div>
  );
}

function columns(retry: (row: Work) => void, reason: string | undefined): Column<Work>[] {
  return [
    {
      id: "handler",
      header: "Delivery",
      fixed: true,
      cell: (row) => (
        <span className="flex flex-col">
          <span className="font-mono text-sm">{row.handler}</span>
          <span className="text-sm text-fg-subtle">{row.eventType}</span>
        </span>
      ),
    },
    { id: "state", header: "State", cell: (row) => <StatusBadge status={row.state} /> },
    { id: "attempts", header: "Attempts", align: "end", from: "sm", cell: (row) => row.attempts },
    {
      id: "error",
      header: "Last error",
      from: "md",
      cell: (row) => (row.lastError ? <LastError text={row.lastError} of={row.handler} /> : "–"),
    },
    { id: "created", header: "Event", from: "lg", cell: (row) => <TimeAgo value={row.createdAt} /> },
    {
      id: "next",
      header: "Next attempt",
      from: "lg",
      cell: (row) => (row.state === "pending" ? <TimeAgo value={row.nextAttemptAt} /> : "–"),
    },
    {
      id: "act",
      header: "Action",
      cell: (row) =>
        row.state === "dead" ? (
          <DisabledReason reason={reason}>
            <Button size="sm" aria-label={`Retry ${row.handler}`} onClick={() => retry(row)}>
              <RotateCcw aria-hidden /> Retry
            </Button>
          </DisabledReason>
        ) : null,
    },
  ];
}

/** Gives every dead delivery its attempts back; says so when there is none. */
function RetryAll({ blocked }: { blocked: string | undefined }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const dead = useQuery(
    trpc.platform.work.queryOptions({ state: "dead", limit: 1 }, { refetchInterval: REFRESH_MS }),
  );
  const retryAll = useMutation(
    trpc.platform.retryAllWork.mutationOptions({
      onSettled: () => queryClient.invalidateQueries({ queryKey: trpc.platform.work.queryKey() }),
      meta: { handlesError: true },
    }),
  );
  const reason = blocked ?? (dead.data?.items.length === 0 ? "No delivery is dead." : undefined);
  const button = <Button>Retry all dead letters</Button>;
  if (reason) return <DisabledReason reason={reason}>{button}</DisabledReason>;
  return (
    <ConfirmDialog
      trigger={button}
      title="Retry every dead delivery?"
      consequence="Each gets its 12 attempts back. Handlers are idempotent: what was done already is not done twice."
      confirmLabel="Retry all"
      cancelLabel="Leave them"
      onConfirm={async () => {
        const { retried } = await retryAll.mutateAsync({});
        toast.success(`${formatCount(retried, "delivery", "deliveries")} tried again`);
      }}
    />
  );
}

/** Deliveries of events to handlers, and durable workflows: what waits, what failed, and a way to try again. */
export function WorkList({ host }: { host: string }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queryClient = useQueryClient();
  const can = useCan("platform.work.retry");
  const table = useTableState({ facets: ["state"] });
  const state = STATES.find((value) => table.facets.state?.at(-1) === value);
  const list = useQuery(
    trpc.platform.work.queryOptions(
      { state, cursor: table.cursor },
      { placeholderData: keepPreviousData, refetchInterval: REFRESH_MS },
    ),
  );
  const onSettled = () => queryClient.invalidateQueries({ queryKey: trpc.platform.work.queryKey() });
  const retry = useMutation(
    trpc.platform.retryWork.mutationOptions({
      onSettled,
      onSuccess: () => toast.success("It is tried again now."),
    }),
  );
  const reason = can.allowed ? undefined : can.reason;
  return (
    <div className="flex min-w-0 flex-col gap-6">
      <PageHeader
        title="Background work"
        description="Events are delivered to their handlers at least once; after 12 failures a delivery is dead until someone retries it."
        actions={<RetryAll blocked={reason} />}
      />
      <Section title="Deliveries">
        <DataTable<Work>
          caption="Deliveries of events to handlers, newest first"
          columns={columns((row) => retry.mutate({ eventId: row.eventId, handler: row.handler }), reason)}
          rows={list.data?.items}
          getRowId={(row) => `${row.eventId}/${row.handler}`}
          rowLabel={(row) => row.handler}
          state={table}
          facets={FACETS}
          searchLabel={null}
          views="work"
          toolbar={
            <ListExport
              name="deliveries"
              scope={table.filtered ? "The filtered deliveries" : "All deliveries"}
              load={(cursor) => client.platform.work.query({ state, cursor, limit: 200 })}
            />
          }
          nextCursor={list.data?.nextCursor}
          refreshing={list.isPlaceholderData}
          error={list.error ?? undefined}
          onRetry={() => void list.refetch()}
          empty={
            <EmptyState
              icon={ListChecks}
              title="No work yet"
              text="Each event of the line is delivered to its handlers here."
            />
          }
        />
      </Section>
      <SetAsideList />
      <WorkflowList />
      <CopySnippet
        title="Do this by API"
        snippets={[
          {
            label: "curl",
            code: `curl -H "authorization: Bearer $MODELWORKS_TOKEN" "${host}/api/v1/platform/deliveries?state=dead"
curl -X POST -H "authorization: Bearer $MODELWORKS_TOKEN" "${host}/api/v1/platform/deliveries/retry-all"`,
          },
        ]}
      />
    </div>
  );
}
