"use client";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { ClipboardCheck } from "lucide-react";
import dynamic from "next/dynamic";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { EmptyState } from "@/components/common/empty-state";
import { PageHeader } from "@/components/common/page-header";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { DataTable } from "@/components/data-table/data-table";
import { ListExport } from "@/components/data-table/list-export";
import type { Column } from "@/components/data-table/types";
import { useTableState } from "@/components/data-table/use-table-state";
import { useCan } from "@/components/kit/use-can";
import { useTRPC, useTRPCClient } from "@/components/kit/trpc";
import { Badge } from "@/components/ui/badge";
import { Tabs, TabsContent, TabsList, TabsTrigger } from "@/components/ui/tabs";
import { useLive } from "@/components/kit/use-live";
import type { ReviewListItem } from "@/server/governance/reviews/list-reviews";
import { REVIEW_TABS, type ReviewTab } from "@/server/governance/rules";
import { DueDate } from "./due-date";
import { queueQuery } from "./queue-query";
import { reviewHref, reviewsTopic } from "@/server/governance/kinds";

const BulkEach = dynamic(
  () => import("@/components/data-table/bulk-each").then((module) => module.BulkEach),
  {
    ssr: false,
  },
);

const TABS: Record<ReviewTab, { label: string; empty: string; text: string }> = {
  mine: {
    label: "Mine",
    empty: "Nothing waits for you",
    text: "Reviews that you took, or asked for, are listed here while they are open.",
  },
  team: {
    label: "Team",
    empty: "No open reviews",
    text: "When someone asks for a model version to be approved for an environment, the request is listed here.",
  },
  due: {
    label: "Due",
    empty: "Nothing is due",
    text: "Open reviews due within a day, or overdue, are listed here.",
  },
  decided: {
    label: "Decided",
    empty: "Nothing decided yet",
    text: "Approved, rejected, void and withdrawn reviews.",
  },
};

const ENVIRONMENTS = {
  id: "environment",
  label: "Environment",
  single: true,
  options: [
    { value: "staging", label: "Staging" },
    { value: "production", label: "Production" },
    { value: "trial", label: "Trial of its own code" },
  ],
};

const columns = (tab: ReviewTab): Column<ReviewListItem>[] => [
  { id: "title", header: "Review", fixed: true, cell: (row) => row.title },
  {
    id: "environment",
    header: "Environment",
    from: "sm",
    cell: (row) => <StatusBadge status={row.environment} />,
  },
  ...(tab === "decided"
    ? [{ id: "state", header: "Outcome", cell: (row: ReviewListItem) => <StatusBadge status={row.state} /> }]
    : [
        {
          id: "blocked",
          header: "Blocked on",
          from: "md" as const,
          cell: (row: ReviewListItem) => <span className="text-fg-muted">{row.blockedOn}</span>,
        },
      ]),
  { id: "requester", header: "Asked by", from: "md", cell: (row) => row.requesterName },
  { id: "age", header: "Age", from: "lg", cell: (row) => <TimeAgo value={row.createdAt} /> },
  tab === "decided"
    ? {
        id: "decided",
        header: "Decided",
        cell: (row) => (row.decidedAt ? <TimeAgo value={row.decidedAt} /> : null),
      }
    : { id: "due", header: "Due", cell: (row) => <DueDate value={row.dueAt} /> },
];

/** What waits for a decision: mine, the team's, what is due, and what was decided. */
export function ReviewQueue() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queryClient = useQueryClient();
  const decide = useCan("governance.review.decide");
  const [tab, setTab] = useQueryState("tab", parseAsStringLiteral(REVIEW_TABS).withDefault("team"));
  const state = useTableState({ facets: ["environment"] });
  const environment = state.facets.environment?.at(-1);
  const input = { tab, search: state.q, environment, cursor: state.cursor };
  const reviews = useQuery(
    trpc.governance.reviews.queryOptions(input, { placeholderData: keepPreviousData }),
  );
  const counts = useQuery(trpc.governance.reviewCounts.queryOptions());
  useLive([reviewsTopic], [trpc.governance.reviews.queryKey(), trpc.governance.reviewCounts.queryKey()]);
  const { empty, text } = TABS[tab];
  const back = queueQuery(tab, state.q, environment);
  return (
    <>
      <PageHeader
        title="Reviews"
        description="Versions that need a person's approval. Nobody decides on what they made or asked for."
      />
      <Tabs
        value={tab}
        onValueChange={(next) => {
          state.setCursor(null);
          void setTab(REVIEW_TABS.find((each) => each === next) ?? "team");
        }}
      >
        <TabsList aria-label="Reviews">
          {REVIEW_TABS.map((each) => (
            <TabsTrigger key={each} value={each}>
              {TABS[each].label}
              {counts.data ? <Badge>{counts.data[each]}</Badge> : null}
            </TabsTrigger>
          ))}
        </TabsList>
        <TabsContent value={tab}>
          <DataTable<ReviewListItem>
            caption={`Reviews: ${TABS[tab].label}`}
            columns={columns(tab)}
            rows={reviews.data?.items}
            getRowId={(row) => row.id}
            rowLabel={(row) => row.title}
            rowHref={(row) => `${reviewHref(row.id)}?${back}`}
            bulkActions={
              tab === "decided"
                ? undefined
                : (selection) => (
                    <BulkEach
                      selection={selection}
                      label="Take"
                      noun="review"
                      done="taken"
                      tone="primary"
                      consequence="The team sees that you decide on them. You can give each back on its page."
                      blocked={decide.reason}
                      run={(reviewId) => client.governance.assign.mutate({ reviewId, to: "me" })}
                      onDone={() =>
                        queryClient.invalidateQueries({ queryKey: trpc.governance.reviews.queryKey() })
                      }
                    />
                  )
            }
            state={state}
            facets={[ENVIRONMENTS]}
            views="reviews"
            toolbar={
              <ListExport
                name={`reviews-${tab}`}
                scope={`${TABS[tab].label}${state.filtered ? ", filtered" : ""}`}
                load={(cursor) => client.governance.reviews.query({ ...input, cursor, limit: 200 })}
              />
            }
            searchLabel="Search title or requester"
            nextCursor={reviews.data?.nextCursor}
            total={counts.data && !state.filtered ? counts.data[tab] : undefined}
            refreshing={reviews.isPlaceholderData}
            error={reviews.error ?? undefined}
            onRetry={() => void reviews.refetch()}
            keepBar
            empty={<EmptyState icon={ClipboardCheck} title={empty} text={text} />}
          />
        </TabsContent>
      </Tabs>
    </>
  );
}
