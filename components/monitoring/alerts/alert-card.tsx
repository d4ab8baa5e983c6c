"use client";
import { useMutation } from "@tanstack/react-query";
import Link from "next/link";
import { DisabledReason } from "@/components/common/disabled-reason";
import { StatusBadge } from "@/components/common/status-badge";
import { Moment, TimeAgo } from "@/components/common/time-ago";
import { useCan } from "@/components/kit/use-can";
import { useTRPC } from "@/components/kit/trpc";
import { Button, buttonVariants } from "@/components/ui/button";
import { toast } from "@/components/ui/toast";
import { AlertHistory } from "./alert-history";
import { AlertTelling } from "./alert-telling";
import { RollBackButton } from "./roll-back-button";
import { SilenceButtons } from "./silences";
import type { Alert, Telling } from "./types";
import { useAlertsChanged } from "./use-alerts-changed";

function Acknowledge({ alertId }: { alertId: string }) {
  const trpc = useTRPC();
  const onSettled = useAlertsChanged();
  const can = useCan("monitoring.alert.update");
  const acknowledge = useMutation(
    trpc.monitoring.acknowledgeAlert.mutationOptions({
      onSuccess: () => toast.success("Acknowledged: your team sees that you look after it."),
      onSettled,
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

/** An alert with who was told and is told next, what one can do about it, and what happened to it. */
export function AlertCard({ alert, telling }: { alert: Alert; telling: Telling | undefined | null }) {
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
            {alert.silencedUntil ? (
              <>
                , silenced until <Moment value={alert.silencedUntil} />
              </>
            ) : null}
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
