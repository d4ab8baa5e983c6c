"use client";
import { useQuery } from "@tanstack/react-query";
import { Route } from "lucide-react";
import { EmptyState } from "@/components/common/empty-state";
import { ErrorNotice } from "@/components/common/error-notice";
import { formatDuration } from "@/components/common/format";
import { KeyValue } from "@/components/common/key-value";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { ListSkeleton } from "@/components/common/skeletons";
import { useCan, useSession } from "@/components/kit/use-can";
import { useTRPC } from "@/components/kit/trpc";
import { Callout } from "@/components/ui/callout";
import { ALERT_KINDS } from "@/server/monitoring/alerts/rules";
import type { AlertRoute } from "@/server/monitoring/alerts/telling/schemas";
import { AlertTabs } from "./alert-tabs";
import type { Member } from "./route-fields";
import { RoutingEditor } from "./routing-editor";
import { RoutingPreview, waitWords } from "./routing-preview";

const ROLE_WORDS: Readonly<Record<string, string>> = {
  viewer: "viewers",
  member: "members",
  reviewer: "reviewers",
  admin: "team admins",
};

const seconds = (count: number) => formatDuration(count * 1_000);
const minutes = (count: number) => formatDuration(count * 60_000);

function whom(
  to: { roles: readonly string[]; userIds: readonly string[] },
  members: readonly Member[],
): string {
  const names = to.userIds.map(
    (id) => members.find(({ userId }) => userId === id)?.name ?? "somebody who left",
  );
  return [...to.roles.map((role) => ROLE_WORDS[role] ?? role), ...names].join(", ");
}

function RouteFacts({
  route,
  title,
  members,
  severity,
}: {
  route: AlertRoute;
  title: string;
  members: readonly Member[];
  /** Of the built-in routes, which severity it is for. */
  severity?: "critical" | "warning";
}) {
  const told = [
    route.owner ? "the owner" : "",
    whom(route, members),
    route.webhook ? "the operator's receiver" : "",
  ];
  return (
    <Section title={title} frame="card">
      <KeyValue
        items={[
          { label: "Takes", value: route.kinds.map((kind) => ALERT_KINDS[kind]).join(", ") || "every kind" },
          { label: "Severity", value: severity ?? route.severity ?? "critical and warning" },
          { label: "Tells", value: told.filter(Boolean).join(", ") },
          {
            label: "When",
            value: `${waitWords(route.groupWaitSeconds)}, changes every ${seconds(route.groupIntervalSeconds)}, again ${route.repeatMinutes === null ? "never" : `every ${minutes(route.repeatMinutes)} until acknowledged`}`,
          },
          {
            label: "Escalates",
            value:
              route.escalation
                .map((level) => `after ${minutes(level.afterMinutes)} to ${whom(level, members)}`)
                .join("; ") || "to nobody",
          },
        ]}
      />
    </Section>
  );
}

/** Who is told of which alerts: team admins change it, everybody of the team reads it. */
export function RoutingPage() {
  const trpc = useTRPC();
  const can = useCan("monitoring.routing.write");
  const session = useSession();
  const found = useQuery(trpc.monitoring.routing.queryOptions());
  const { data } = found;
  return (
    <div className="flex flex-col gap-6">
      <PageHeader
        title="Who is told"
        description="Routes are tried in order; the first that matches an alert takes it. What none matches goes by the built-in route."
      />
      <AlertTabs />
      {found.error ? <ErrorNotice error={found.error} onRetry={() => void found.refetch()} /> : null}
      {(!data && !found.error) || !session.data ? <ListSkeleton /> : null}
      {data && session.data ? (
        <>
          {can.allowed ? null : (
            <Callout tone="neutral" title="Changing who is told needs the role team admin">
              {can.reason}
            </Callout>
          )}
          {data.routes.length === 0 ? (
            <EmptyState
              icon={Route}
              title="No routes are set"
              text="Every alert of the team goes by the built-in route below."
            />
          ) : null}
          {can.allowed ? (
            <RoutingEditor routes={data.routes} revision={data.revision} members={data.people} />
          ) : (
            <>
              {data.routes.map((route, index) => (
                <RouteFacts
                  // oxlint-disable-next-line react/no-array-index-key -- routes are known by their place
                  key={index}
                  title={`Route ${index + 1}`}
                  route={route}
                  members={data.people}
                />
              ))}
              <RoutingPreview routes={null} />
            </>
          )}
          <RouteFacts
            severity="critical"
            title="Built-in route, critical"
            route={data.builtIn.critical}
            members={data.people}
          />
          <RouteFacts
            severity="warning"
            title="Built-in route, warning"
            route={data.builtIn.warning}
            members={data.people}
          />
          {data.hasReceiver ? null : (
            <p className="text-sm text-fg-subtle">
              This installation has no receiver of alerts: what routes to it goes to inboxes only.
            </p>
          )}
        </>
      ) : null}
    </div>
  );
}
