"use client";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Bell, BellOff, BellRing, Check, Eye } from "lucide-react";
import Link from "next/link";
import { parseAsString, parseAsStringLiteral, useQueryState } from "nuqs";
import { toast } from "@/components/ui/toast";
import { DisabledReason } from "@/components/common/disabled-reason";
import { EmptyState } from "@/components/common/empty-state";
import { ErrorNotice } from "@/components/common/error-notice";
import { formatDateTime } from "@/components/common/format";
import { LiveDot } from "@/components/common/live-dot";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { ListSkeleton } from "@/components/common/skeletons";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { Timeline } from "@/components/common/timeline";
import { useCan } from "@/components/identity/use-can";
import { ListExport } from "@/components/data-table/list-export";
import { Pager } from "@/components/data-table/pager";
import { SavedViews } from "@/components/data-table/saved-views";
import { useTRPC, useTRPCClient } from "@/components/trpc";
import { Button, buttonVariants } from "@/components/ui/button";
import { ToggleGroup, ToggleGroupItem } from "@/components/ui/toggle-group";
import { useLive } from "@/components/use-live";
import { AlertTabs } from "./alert-tabs";
import { RollBackButton } from "./roll-back-button";
import { SilenceButtons, SilenceList } from "./silences";

const STATES = ["open", "firing", "acknowledged", "resolved"] as const;
const WORDS = { open: "Open", firing: "Firing", acknowledged: "Acknowledged", resolved: "Resolved" };

interface Alert {
  id: string;
  kind: string;
  severity: string;
  title: string;
  body: string;
  href: string;
  subjectId: string;
  subjectName: string | null;
  ownerName: string | null;
  runbook: string;
  silencedUntil: Date | null;
  state: string;
  startedAt: Date;
  history: readonly { id: string; action: string; actorName: string; at: Date; reason: string | null }[];
}

const ACTS: Record<string, { text: string; icon: typeof Bell }> = {
  "monitoring.alert.raise": { text: "raised the alert", icon: Bell },
  "monitoring.alert.acknowledge": { text: "acknowledged it", icon: Eye },
  "monitoring.alert.resolve": { text: "resolved it", icon: Check },
  "monitoring.alert.escalate": { text: "told the next level", icon: BellRing },
};

function AlertCard({ alert }: { alert: Alert }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const can = useCan("monitoring.alert.update");
  const acknowledge = useMutation(
    trpc.monitoring.acknowledgeAlert.mutationOptions({
      onSuccess: () => toast.success("Acknowledged: your team sees that you look after it."),
      onSettled: () => queryClient.invalidateQueries({ queryKey: trpc.monitoring.alerts.queryKey() }),
    }),
  );
  return (
    <article aria-label={alert.title} className="flex flex-col gap-3 rounded-lg border bg-surface p-4">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="flex min-w-0 flex-col gap-1">
          <h3 className="flex flex-wrap items-center gap-2 font-semibold">
            <StatusBadge status={alert.state} />
            {alert.title}
          </h3>
          <p className="max-w-3xl text-pretty text-fg-muted">{alert.body}</p>
          <p className="text-sm text-fg-subtle">
            {alert.severity === "critical" ? "Critical" : "Warning"}, since{" "}
            <TimeAgo value={alert.startedAt} />
            {alert.ownerName ? `, owner ${alert.ownerName}` : ""}
            {alert.silencedUntil ? `, silenced until ${formatDateTime(alert.silencedUntil)}` : ""}
          </p>
        </div>
        <div className="flex flex-wrap gap-2">
          {alert.state !== "resolved" && !alert.silencedUntil ? <SilenceButtons alert={alert} /> : null}
          {alert.kind === "promotion" && alert.state !== "resolved" && alert.subjectName ? (
            <RollBackButton deployment={alert.subjectName} />
          ) : null}
          <Link href={alert.runbook} className={buttonVariants({ variant: "ghost" })}>
            Runbook
          </Link>
          <Link href={alert.href} className={buttonVariants({})}>
            See the cause
          </Link>
          {alert.state === "firing" ? (
            <DisabledReason reason={can.allowed ? undefined : can.reason}>
              <Button
                variant="primary"
                disabled={acknowledge.isPending}
                onClick={() => acknowledge.mutate({ alertId: alert.id })}
              >
                Acknowledge
              </Button>
            </DisabledReason>
          ) : null}
        </div>
      </div>
      <details>
        <summary className="min-h-6 cursor-default text-sm text-fg-muted">
          History ({alert.history.length})
        </summary>
        <div className="pt-3">
          <Timeline
            label={`History of ${alert.title}`}
            entries={alert.history.map((entry) => ({
              id: entry.id,
              at: entry.at,
              actor: entry.actorName,
              text: ACTS[entry.action]?.text ?? entry.action,
              icon: ACTS[entry.action]?.icon,
              detail: entry.reason,
            }))}
          />
        </div>
      </details>
    </article>
  );
}

/** Alerts by subject, with who does what about them; live. */
export function AlertsList() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const [state, setState] = useQueryState("state", parseAsStringLiteral(STATES).withDefault("open"));
  const [cursor, setCursor] = useQueryState("after", parseAsString.withOptions({ history: "push" }));
  const list = useQuery(
    trpc.monitoring.alerts.queryOptions({ state, cursor }, { placeholderData: keepPreviousData }),
  );
  const live = useLive(["alerts"], [trpc.monitoring.alerts.queryKey()]);
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
            <ToggleGroup
              type="single"
              aria-label="State"
              value={state}
              onValueChange={(next) => {
                const known = STATES.find((each) => each === next);
                if (!known) return;
                void setState(known);
                void setCursor(null);
              }}
            >
              {STATES.map((each) => (
                <ToggleGroupItem key={each} value={each}>
                  {WORDS[each]}
                </ToggleGroupItem>
              ))}
            </ToggleGroup>
            <SavedViews list="alerts" />
            <ListExport
              name={`alerts-${state}`}
              scope={`${WORDS[state]} alerts`}
              load={(after) => client.monitoring.alerts.query({ state, cursor: after, limit: 200 })}
            />
          </>
        }
      />
      <div className="pb-4">
        <AlertTabs />
      </div>
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
        <SilenceList />
        {[...groups].map(([name, alerts]) => (
          <Section key={name} title={name}>
            <div className="flex flex-col gap-3">
              {alerts.map((alert) => (
                <AlertCard key={alert.id} alert={alert} />
              ))}
            </div>
          </Section>
        ))}
        {list.data && (cursor !== null || list.data.items.length > 0) ? (
          <Pager
            cursor={cursor}
            nextCursor={list.data.nextCursor}
            shown={list.data.items.length}
            refreshing={list.isPlaceholderData}
            onCursor={(next) => void setCursor(next)}
          />
        ) : null}
      </div>
    </>
  );
}
