"use client";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { EntityIcon } from "@/components/common/entity-link";
import { ErrorNotice } from "@/components/common/error-notice";
import { LiveDot } from "@/components/common/live-dot";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { RowsSkeleton } from "@/components/common/skeletons";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { useTRPC } from "@/components/kit/trpc";
import { useLive } from "@/components/kit/use-live";
import { FirstRunGuide } from "./first-run-guide";
import { experimentTopic, experimentsTopic, runMetricsTopic, runTopic } from "@/server/experiments/kinds";
import { inboxTopic } from "@/server/notifications/kinds";
import { jobsTopic, quotaTopic } from "@/server/compute/kinds";
import { deploymentsTopic } from "@/server/serving/kinds";
import { reviewsTopic } from "@/server/governance/kinds";
import { alertsTopic } from "@/server/monitoring/kinds";

interface Item {
  kind: string;
  id: string;
  title: string;
  detail: string;
  status: string;
  href: string;
  at: Date;
}

function Panel({
  title,
  items,
  empty,
  more,
}: {
  title: string;
  items: readonly Item[] | undefined;
  empty: string;
  more?: { href: string; label: string };
}) {
  return (
    <Section
      title={title}
      frame="flush"
      actions={
        more ? (
          <Link
            href={more.href}
            className="inline-flex min-h-6 items-center text-sm text-accent-text hover:underline"
          >
            {more.label}
          </Link>
        ) : null
      }
    >
      {items === undefined ? <RowsSkeleton rows={3} /> : null}
      {items?.length === 0 ? (
        <p className="flex items-center gap-2 p-4 text-fg-muted">
          <CircleCheck aria-hidden className="size-4 text-positive" /> {empty}
        </p>
      ) : null}
      {items && items.length > 0 ? (
        <ul className="divide-y">
          {items.map((item) => (
            <li
              key={`${item.kind}:${item.id}`}
              className="relative flex min-w-0 items-start gap-3 px-4 py-2.5 hover:bg-surface-hover"
            >
              <EntityIcon kind={item.kind} className="mt-1" />
              <div className="flex min-w-0 flex-1 flex-col">
                <Link href={item.href} className="truncate font-medium after:absolute after:inset-0">
                  {item.title}
                </Link>
                <span className="line-clamp-2 text-sm text-fg-muted">{item.detail}</span>
              </div>
              <div className="relative flex shrink-0 flex-col items-end gap-1">
                <StatusBadge status={item.status} />
                <TimeAgo value={item.at} className="text-sm text-fg-subtle" />
              </div>
            </li>
          ))}
        </ul>
      ) : null}
    </Section>
  );
}

/** The start page: what runs, what waits for me, what is unhealthy, and how fast the line is. */
export function Home({ host, userId, velocity }: { host: string; userId: string; velocity: ReactNode }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.platform.home.queryOptions());
  const run = data?.first.latestRun;
  const live = useLive(
    [
      jobsTopic,
      reviewsTopic,
      quotaTopic,
      deploymentsTopic,
      alertsTopic,
      experimentsTopic,
      inboxTopic(userId),
      ...(run ? [runTopic(run.id), runMetricsTopic(run.id), experimentTopic(run.experimentId)] : []),
    ],
    [trpc.platform.home.queryKey()],
  );
  return (
    <div className="flex min-w-0 flex-col gap-6">
      <PageHeader
        title="Home"
        description="What runs, what waits for you, and what is unhealthy."
        meta={<LiveDot updatedAt={live.updatedAt ?? null} status={live.status} />}
      />
      {error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : null}
      {data && !data.first.isSettled ? <FirstRunGuide first={data.first} host={host} /> : null}
      <div className="grid min-w-0 gap-6 xl:grid-cols-3">
        <Panel
          title="Waits for you"
          items={data?.waiting}
          empty="Nothing waits for you."
          more={{ href: "/inbox", label: "Inbox" }}
        />
        <Panel
          title="Running"
          items={data?.running}
          empty="No job and no rollout is under way."
          more={{ href: "/jobs", label: "All jobs" }}
        />
        <Panel
          title="Unhealthy"
          items={data?.unhealthy}
          empty="No alert, no failing gate."
          more={{ href: "/alerts", label: "Alerts" }}
        />
      </div>
      <Section title="Velocity of the line" description="The last 30 days.">
        {velocity}
      </Section>
      {data && data.recent.length > 0 ? <Panel title="Lately" items={data.recent} empty="" /> : null}
    </div>
  );
}
