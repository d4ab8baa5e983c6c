"use client";
import { useQuery } from "@tanstack/react-query";
import { BellOff } from "lucide-react";
import { parseAsString, parseAsStringLiteral, useQueryState } from "nuqs";
import { EmptyState } from "@/components/common/empty-state";
import { ErrorNotice } from "@/components/common/error-notice";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { Segments } from "@/components/common/segments";
import { ListSkeleton } from "@/components/common/skeletons";
import { useTRPC } from "@/components/kit/trpc";
import { useLive } from "@/components/kit/use-live";
import { SilenceRows } from "./silences";
import { AlertTabs } from "./alert-tabs";
import { SilenceForm } from "./silence-form";
import { alertsTopic } from "@/server/monitoring/kinds";

const STATES = ["open", "ended"] as const;
const WORDS = { open: "In force", ended: "Ended" };

/** Silences: those that hold, those that ended, and a new one. */
export function SilencesPage() {
  const trpc = useTRPC();
  const [state, setState] = useQueryState("state", parseAsStringLiteral(STATES).withDefault("open"));
  const [kind] = useQueryState("kind", parseAsString.withDefault(""));
  const [severity] = useQueryState("severity", parseAsString.withDefault(""));
  const [deployment] = useQueryState("deployment", parseAsString.withDefault(""));
  const list = useQuery(trpc.monitoring.silences.queryOptions({ state }));
  useLive([alertsTopic], [trpc.monitoring.silences.queryKey()]);
  const items = list.data?.items;
  return (
    <div className="flex flex-col gap-6">
      <PageHeader
        title="Silences"
        description="A silenced alert stays in the list, and tells neither inboxes nor the receiver. When its time is over and it still fires, it is told."
      />
      <AlertTabs />
      <Section
        title={WORDS[state]}
        actions={
          <Segments
            label="Which silences"
            value={state}
            values={STATES}
            wordOf={(each) => WORDS[each]}
            onChange={(next) => void setState(next)}
          />
        }
      >
        {list.error ? <ErrorNotice error={list.error} onRetry={() => void list.refetch()} /> : null}
        {!items && !list.error ? <ListSkeleton /> : null}
        {items?.length === 0 ? (
          <EmptyState
            icon={BellOff}
            title={state === "open" ? "Nothing is silenced" : "No silence has ended yet"}
            text="Silence what you know of: a load test, a migration, an alert that somebody works on already."
          />
        ) : null}
        {items && items.length > 0 ? <SilenceRows items={items} ended={state === "ended"} /> : null}
      </Section>
      <Section title="New silence" frame="card">
        <SilenceForm key={`${kind}:${severity}:${deployment}`} scope={{ kind, severity, deployment }} />
      </Section>
    </div>
  );
}
