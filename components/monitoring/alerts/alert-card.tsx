"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Bell, BellRing, Check, Eye, Send } from "lucide-react";
import Link from "next/link";
import { DisabledReason } from "@/components/common/disabled-reason";
import { formatDateTime } from "@/components/common/format";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { Timeline } from "@/components/common/timeline";
import { useCan } from "@/components/identity/use-can";
import { useTRPC } from "@/components/trpc";
import { Button, buttonVariants } from "@/components/ui/button";
import { toast } from "@/components/ui/toast";
import { AlertTelling, toldWords } from "./alert-telling";
import { RollBackButton } from "./roll-back-button";
import { SilenceButtons } from "./silences";
import type { Alert, Telling } from "./types";

const ACTS: Record<string, { text: string; icon: typeof Bell }> = {
  "monitoring.alert.raise": { text: "raised the alert", icon: Bell },
  "monitoring.alert.tell": { text: "told whom it concerns", icon: Send },
  "monitoring.alert.acknowledge": { text: "acknowledged it", icon: Eye },
  "monitoring.alert.resolve": { text: "resolved it", icon: Check },
  "monitoring.alert.escalate": { text: "told the next level", icon: BellRing },
};

/** What happened, in words; an escalation of long ago does not say to whom. */
function actWords({ action, told }: Alert["history"][number]): string {
  const isEscalation = action === "monitoring.alert.escalate";
  const isKnown = told !== null && (told.people.length > 0 || !isEscalation);
  return isKnown ? toldWords(told, isEscalation) : (ACTS[action]?.text ?? action);
}

function Acknowledge({ alertId }: { alertId: string }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const can = useCan("monitoring.alert.update");
  const acknowledge = useMutation(
    trpc.monitoring.acknowledgeAlert.mutationOptions({
      onSuccess: () => toast.success("Acknowledged: your team sees that you look after it."),
      onSettled: () =>
        Promise.all([
          queryClient.invalidateQueries({ queryKey: trpc.monitoring.alerts.queryKey() }),
          queryClient.invalidateQueries({ queryKey: trpc.monitoring.telling.queryKey() }),
        ]),
    }),
  );
  return (
    <DisabledReason reason={can.allowed ? undefined : can.reason}>
      <Button
        variant="primary"
        disabled={acknowledge.isPending}
        onClick={() => acknowledge.mutate({ alertId })}
      >
        Acknowledge
      </Button>
    </DisabledReason>
  );
}

function AlertHistory({ alert }: { alert: Alert }) {
  return (
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
            text: actWords(entry),
            icon: ACTS[entry.action]?.icon,
            detail: entry.reason,
          }))}
        />
      </div>
    </details>
  );
}

/** An alert with who was told and is told next, what one can do about it, and what happened to it. */
export function AlertCard({ alert, telling }: { alert: Alert; telling: Telling | undefined }) {
  const isOpen = alert.state !== "resolved";
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
            {alert.state === "acknowledged" && alert.acknowledgedBy
              ? `, looked after by ${alert.acknowledgedBy}`
              : ""}
            {alert.silencedUntil ? `, silenced until ${formatDateTime(alert.silencedUntil)}` : ""}
          </p>
          {isOpen ? <AlertTelling alert={alert} telling={telling} /> : null}
        </div>
        <div className="flex flex-wrap gap-2">
          {isOpen && !alert.silencedUntil ? <SilenceButtons alert={alert} /> : null}
          {isOpen && alert.kind === "promotion" && alert.subjectName ? (
            <RollBackButton deployment={alert.subjectName} />
          ) : null}
          <Link href={alert.runbook} className={buttonVariants({ variant: "ghost" })}>
            Runbook
          </Link>
          <Link href={alert.href} className={buttonVariants({})}>
            See the cause
          </Link>
          {alert.state === "firing" ? <Acknowledge alertId={alert.id} /> : null}
        </div>
      </div>
      <AlertHistory alert={alert} />
    </article>
  );
}
