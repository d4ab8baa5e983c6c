"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Rocket } from "lucide-react";
import Link from "next/link";
import { EmptyState } from "@/components/common/empty-state";
import { LiveDot } from "@/components/common/live-dot";
import { PageHeader } from "@/components/common/page-header";
import { DataTable } from "@/components/data-table/data-table";
import { ListExport } from "@/components/data-table/list-export";
import type { Facet } from "@/components/data-table/types";
import { useTableState } from "@/components/data-table/use-table-state";
import { useCan } from "@/components/kit/use-can";
import { useTRPC, useTRPCClient } from "@/components/kit/trpc";
import { buttonVariants } from "@/components/ui/button";
import { useLive } from "@/components/kit/use-live";
import { ENVIRONMENTS } from "@/server/serving/rules";
import { DEPLOYMENT_COLUMNS } from "./deployment-columns";
import type { DeploymentRow } from "./types";
import { deploymentHref, deploymentsTopic } from "@/server/serving/kinds";

/** Traffic does not announce itself to the list: its numbers are asked for again this often. */
const REFRESH_MS = 5_000;

const FACETS: Facet[] = [
  {
    id: "environment",
    label: "Environment",
    options: [
      { value: "production", label: "Production" },
      { value: "staging", label: "Staging" },
    ],
  },
];

const SNIPPETS = [
  {
    label: "curl",
    code: `curl -X POST "$MODELWORKS_URL/api/v1/deployments" \\
  -H "authorization: Bearer $MODELWORKS_TOKEN" -H "content-type: application/json" \\
  -d '{"model": "my-model", "version": 1, "environment": "staging"}'`,
  },
];

/** The team's endpoints, live: what each serves, its canary, its last five minutes. */
export function DeploymentsList() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const can = useCan("serving.deployment.write");
  const state = useTableState({ facets: ["environment"] });
  const chosen = state.facets.environment ?? [];
  const environment = chosen.length === 1 ? ENVIRONMENTS.find((each) => each === chosen[0]) : undefined;
  const filter = { q: state.q, environment };
  const list = useQuery(
    trpc.serving.list.queryOptions(
      { ...filter, cursor: state.cursor },
      { placeholderData: keepPreviousData, refetchInterval: REFRESH_MS },
    ),
  );
  const live = useLive([deploymentsTopic], [trpc.serving.list.queryKey()]);
  const deploy = can.allowed ? (
    <Link href="/deployments/new" className={buttonVariants({ variant: "primary" })}>
      <Rocket aria-hidden /> Deploy
    </Link>
  ) : (
    <p className="text-sm text-fg-muted">{can.reason}</p>
  );
  return (
    <>
      <PageHeader
        title="Deployments"
        description="Endpoints that answer requests, each with signed evidence for exactly the files it serves."
        meta={<LiveDot status={live.status} updatedAt={list.dataUpdatedAt || null} staleAfterMs={15_000} />}
        actions={deploy}
      />
      <DataTable<DeploymentRow>
        caption="Deployments of the team"
        columns={DEPLOYMENT_COLUMNS}
        rows={list.data?.items}
        getRowId={(row) => row.id}
        rowLabel={(row) => row.name}
        rowHref={(row) => deploymentHref(row.name)}
        state={state}
        facets={FACETS}
        searchLabel="Search by name"
        views="deployments"
        toolbar={
          <ListExport
            name="deployments"
            scope={state.filtered ? "The filtered deployments" : "All deployments"}
            load={(cursor) => client.serving.list.query({ ...filter, cursor, limit: 200 })}
          />
        }
        nextCursor={list.data?.nextCursor}
        refreshing={list.isPlaceholderData}
        error={list.error ?? undefined}
        onRetry={() => void list.refetch()}
        empty={
          <EmptyState
            icon={Rocket}
            title="No deployments yet"
            text="A deployment gives a model version an address. Staging takes it at once; production takes a new version as a canary that is judged while it runs."
            action={deploy}
            snippets={SNIPPETS}
          />
        }
      />
    </>
  );
}
