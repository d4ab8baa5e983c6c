"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { ConfirmDialog } from "@/components/common/confirm-dialog";
import { DisabledReason } from "@/components/common/disabled-reason";
import { Section } from "@/components/common/section";
import { Moment } from "@/components/common/time-ago";
import { useCan } from "@/components/kit/use-can";
import { useTRPC } from "@/components/kit/trpc";
import { Button, buttonVariants } from "@/components/ui/button";
import { toast } from "@/components/ui/toast";
import { useAlertsChanged } from "./use-alerts-changed";

const LENGTHS = [
  { minutes: 4 * 60, words: "4 hours" },
  { minutes: 3 * 24 * 60, words: "3 days" },
];

interface SilenceableAlert {
  id: string;
  title: string;
  kind: string;
  severity: string;
  subjectName: string | null;
}

/** Silences one alert for a while, with a reason; or more of them, on the page of silences. */
export function SilenceButtons({ alert }: { alert: SilenceableAlert }) {
  const trpc = useTRPC();
  const can = useCan("monitoring.alert.update");
  const onSettled = useAlertsChanged();
  const silence = useMutation(
    trpc.monitoring.silence.mutationOptions({ onSettled, meta: { handlesError: true } }),
  );
  const buttons = LENGTHS.map(({ minutes, words }) => {
    const button = <Button variant="ghost">Silence {words}</Button>;
    if (!can.allowed)
      return (
        <DisabledReason key={minutes} reason={can.reason}>
          {button}
        </DisabledReason>
      );
    return (
      <ConfirmDialog
        key={minutes}
        trigger={button}
        title={`Silence “${alert.title}” for ${words}?`}
        consequence="It stays in this list, and tells neither inboxes nor the receiver of alerts. When the time is over and it still fires, they are told."
        confirmLabel="Silence"
        cancelLabel="Keep it loud"
        tone="primary"
        reason={{ label: "Reason", required: true }}
        onConfirm={async (reason) => {
          await silence.mutateAsync({ alertId: alert.id, minutes, reason });
          toast.success(`Silenced for ${words}`);
        }}
      />
    );
  });
  const scope = new URLSearchParams({
    kind: alert.kind,
    severity: alert.severity,
    ...(alert.subjectName ? { deployment: alert.subjectName } : {}),
  });
  return (
    <>
      {buttons}
      <Link
        href={`/alerts/silences?${scope.toString()}`}
        aria-label={`Silence more alerts like “${alert.title}”`}
        className={buttonVariants({ variant: "ghost" })}
      >
        Silence more
      </Link>
    </>
  );
}

interface Silence {
  id: string;
  scope: string;
  reason: string;
  by: string | null;
  endsAt: Date;
}

/** Silences with until when, by whom and why; those that hold have a way to end them. */
export function SilenceRows({ items, ended = false }: { items: readonly Silence[]; ended?: boolean }) {
  const trpc = useTRPC();
  const can = useCan("monitoring.alert.update");
  const onSettled = useAlertsChanged();
  const end = useMutation(
    trpc.monitoring.endSilence.mutationOptions({
      onSettled,
      onSuccess: () => toast.success("The silence is over."),
    }),
  );
  return (
    <ul className="flex flex-col gap-3">
      {items.map((each) => (
        <li key={each.id} className="flex flex-wrap items-center justify-between gap-3">
          <span className="flex min-w-0 flex-col">
            <span>{each.scope}</span>
            <span className="text-sm text-fg-subtle">
              {ended ? "Ended" : "Until"} <Moment value={each.endsAt} />
              {each.by ? `, by ${each.by}` : ""}: {each.reason}
            </span>
          </span>
          {ended ? null : (
            <DisabledReason reason={can.allowed ? undefined : can.reason}>
              <Button
                size="sm"
                disabled={end.isPending}
                aria-label={`End the silence of ${each.scope}`}
                onClick={() => end.mutate({ silenceId: each.id })}
              >
                End
              </Button>
            </DisabledReason>
          )}
        </li>
      ))}
    </ul>
  );
}

/** The silences that hold now. */
export function SilenceList() {
  const trpc = useTRPC();
  const list = useQuery(trpc.monitoring.silences.queryOptions({}));
  const items = list.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Section title="Silences">
      <SilenceRows items={items} />
    </Section>
  );
}
