"use client";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Inbox } from "lucide-react";
import { useState } from "react";
import { EmptyState } from "@/components/common/empty-state";
import { PageHeader } from "@/components/common/page-header";
import { TimeAgo } from "@/components/common/time-ago";
import { DataTable } from "@/components/data-table/data-table";
import { ListExport } from "@/components/data-table/list-export";
import type { Column, Selection } from "@/components/data-table/types";
import { useTableState } from "@/components/data-table/use-table-state";
import { useTRPC, useTRPCClient } from "@/components/kit/trpc";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";

interface Notice {
  id: string;
  kind: string;
  title: string;
  body: string;
  href: string;
  reason: string;
  createdAt: Date;
  readAt: Date | null;
}

const FACETS = [
  {
    id: "state",
    label: "Show",
    single: true,
    options: [
      { value: "unread", label: "Unread" },
      { value: "done", label: "Done" },
    ],
  },
];

const columns: Column<Notice>[] = [
  {
    id: "title",
    header: "Notice",
    fixed: true,
    cell: (row) => (
      <span className="flex min-w-0 flex-col">
        <span className={row.readAt ? "" : "font-semibold"}>
          {row.title} {row.readAt ? null : <Badge tone="accent">New</Badge>}
        </span>
        <span className="text-sm text-fg-muted">{row.body}</span>
      </span>
    ),
  },
  {
    id: "reason",
    header: "Why you",
    from: "md",
    cell: (row) => <span className="text-fg-muted">{row.reason}</span>,
  },
  { id: "kind", header: "Kind", from: "lg", cell: (row) => row.kind },
  { id: "at", header: "When", cell: (row) => <TimeAgo value={row.createdAt} /> },
];

type Mark = "read" | "unread" | "done" | "open";

/** What waits for the person, newest first; the list follows the server by itself. */
export function InboxList() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queryClient = useQueryClient();
  const table = useTableState({ facets: ["state"] });
  const chosen = table.facets.state?.at(-1);
  const state = chosen === "unread" || chosen === "done" ? chosen : "open";
  const filter = { q: table.q || undefined, state } as const;
  const list = useQuery(
    trpc.notifications.inbox.queryOptions(
      { ...filter, cursor: table.cursor },
      { placeholderData: keepPreviousData },
    ),
  );
  const mark = useMutation(
    trpc.notifications.mark.mutationOptions({
      onSettled: () => queryClient.invalidateQueries({ queryKey: trpc.notifications.pathKey() }),
    }),
  );
  // What arrives after the page was opened is not swept away by "all that match".
  const [openedAt] = useState(() => new Date());
  const apply = (as: Mark, selection: Selection) => {
    mark.mutate(
      selection.allMatching ? { as, all: { ...filter, until: openedAt } } : { as, ids: [...selection.ids] },
      { onSuccess: selection.clear },
    );
  };
  return (
    <>
      <PageHeader title="Inbox" description="What concerns you in this team, and why it came to you." />
      <DataTable<Notice>
        caption="Inbox"
        columns={columns}
        rows={list.data?.items}
        total={list.data?.total}
        getRowId={(row) => row.id}
        rowLabel={(row) => row.title}
        rowHref={(row) => row.href}
        onRowOpen={(row) => {
          if (!row.readAt) mark.mutate({ as: "read", ids: [row.id] });
        }}
        state={table}
        facets={FACETS}
        views="inbox"
        toolbar={
          <ListExport
            name="inbox"
            scope={table.filtered ? "The filtered notices" : "What is open"}
            load={(cursor) => client.notifications.inbox.query({ ...filter, cursor, limit: 200 })}
          />
        }
        searchLabel="Search notices"
        nextCursor={list.data?.nextCursor}
        refreshing={list.isPlaceholderData}
        error={list.error ?? undefined}
        onRetry={() => void list.refetch()}
        selectsAllMatching
        // oxlint-disable-next-line react/no-unstable-nested-components -- a render function, not a component
        bulkActions={(selection) => (
          <>
            <Button size="sm" onClick={() => apply("read", selection)}>
              Mark read
            </Button>
            <Button size="sm" onClick={() => apply(state === "done" ? "open" : "done", selection)}>
              {state === "done" ? "Reopen" : "Mark done"}
            </Button>
          </>
        )}
        keepBar
        empty={
          <EmptyState
            icon={Inbox}
            title="Nothing waits for you"
            text="Reviews that need you, jobs and rollouts that ended, and alerts on what you own come here."
          />
        }
      />
    </>
  );
}
