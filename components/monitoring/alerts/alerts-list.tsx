"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { BellOff } from "lucide-react";
import Link from "next/link";
import { parseAsString, parseAsStringLiteral, useQueryState } from "nuqs";
import { EmptyState } from "@/components/common/empty-state";
import { ErrorNotice } from "@/components/common/error-notice";
import { LiveDot } from "@/components/common/live-dot";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { Segments } from "@/components/common/segments";
import { ListSkeleton } from "@/components/common/skeletons";
import { ListExport } from "@/components/data-table/list-export";
import { Pager } from "@/components/data-table/pager";
import { SavedViews } from "@/components/data-table/saved-views";
import { useTRPC, useTRPCClient } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import { useLive } from "@/components/kit/use-live";
import { AlertCard } from "./alert-card";
import { AlertTabs } from "./alert-tabs";
import { SilenceList } from "./silences";
import { TellingError } from "./telling-error";
import type { Alert } from "./types";
import { useTelling } from "./use-telling";
import { deploymentHref } from "@/server/serving/kinds";
import { alertsTopic } from "@/server/monitoring/kinds";

const STATES = ["open", "firing", "acknowledged", "resolved"] as const;
const WORDS = { open: "Open", firing: "Firing", acknowledged: "Acknowledged", resolved: "Resolved" };

/** Alerts by subject, with who does what about them; live. */
export function AlertsList() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const [state, setState] = useQueryState("state", parseAsStringLiteral(STATES).withDefault("open"));
  const [cursor, setCursor] = useQueryState("after", parseAsString.withOptions({ history: "push" }));
  const [deployment, setDeployment] = useQueryState("deployment", parseAsString);
  const filter = deployment === null ? { state } : { state, deployment };
  const list = useQuery(
    trpc.monitoring.alerts.queryOptions({ ...filter, cursor }, { placeholderData: keepPreviousData }),
  );
  const telling = useTelling(list.data?.items ?? []);
  const live = useLive(
    [alertsTopic],
    [trpc.monitoring.alerts.queryKey(), trpc.monitoring.telling.queryKey()],
  );
  const groups = new Map<string, Alert[]>();
  for (const alert of list.data?.items ?? []) {
    const name = alert.subjectName ?? alert.subjectId;
    groups.set(name, [...(groups.get(name) ?? []), alert]);
  }
  return (
    <>
      <PageHeader
        title="Alerts"
        description="What went wrong with deployments. They resolve by themselves when their cause is gone."
        meta={<LiveDot updatedAt={live.updatedAt ?? null} status={live.status} />}
        actions={
          <>
            <Segments
              label="State"
              value={state}
              values={STATES}
              wordOf={(each) => WORDS[each]}
              onChange={(next) => {
                void setState(next);
                void setCursor(null);
              }}
            />
            <SavedViews list="alerts" />
            <ListExport
              name={`alerts-${state}${deployment === null ? "" : `-${deployment}`}`}
              scope={`${WORDS[state]} alerts${deployment === null ? "" : ` of ${deployment}`}`}
              load={(after) => client.monitoring.alerts.query({ ...filter, cursor: after, limit: 200 })}
            />
          </>
        }
      />
      <div className="pb-4">
        <AlertTabs />
      </div>
      {deployment === null ? null : (
        <p className="flex flex-wrap items-center gap-2 pb-4">
          <span>
            Those of{" "}
            <Link href={deploymentHref(deployment)} className="text-accent-text underline">
              {deployment}
            </Link>{" "}
            only
          </span>
          <Button
            size="sm"
            onClick={() => {
              void setDeployment(null);
              void setCursor(null);
            }}
          >
            Show all
          </Button>
        </p>
      )}
      {list.error ? <ErrorNotice error={list.error} onRetry={() => void list.refetch()} /> : null}
      {!list.data && !list.error ? <ListSkeleton /> : null}
      {list.data?.items.length === 0 ? (
        <EmptyState
          icon={BellOff}
          title={state === "open" ? "Nothing is on fire" : `No ${WORDS[state].toLowerCase()} alert`}
          text="An alert is raised when a canary is rolled back, a promoted version is worse, an approval or a policy no longer admits what is served, a gateway cannot serve it, requests fail, slow down or stop, accuracy or confidence falls, requests drift, or predictions cannot be recorded."
        />
      ) : null}
      <div className="flex flex-col gap-6">
        <TellingError telling={telling} />
        <SilenceList />
        {[...groups].map(([name, alerts]) => (
          <Section key={name} title={name}>
            <div className="flex flex-col gap-3">
              {alerts.map((alert) => (
                <AlertCard key={alert.id} alert={alert} telling={telling.of(alert.id)} />
              ))}
            </div>
          </Section>
        ))}
        {list.data && (cursor !== null || list.data.items.length > 0) ? (
          <Pager
            cursor={cursor}
            nextCursor={list.data.nextCursor}
            shown={list.data.items.length}
            total={list.data.total}
            refreshing={list.isPlaceholderData}
            onCursor={(next) => void setCursor(next)}
          />
        ) : null}
      </div>
    </>
  );
}
