"use client";
import { useQuery } from "@tanstack/react-query";
import { ErrorNotice } from "@/components/common/error-notice";
import { Section } from "@/components/common/section";
import { useTRPC } from "@/components/kit/trpc";
import { useLive } from "@/components/kit/use-live";
import { AlertCard } from "./alert-card";
import { TellingError } from "./telling-error";
import { useTelling } from "./use-telling";
import { alertsTopic } from "@/server/monitoring/kinds";

/** The open alerts of a deployment, where one looks at it; nothing while there is none. */
export function DeploymentAlerts({ deployment }: { deployment: string }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(
    trpc.monitoring.alerts.queryOptions({ state: "open", deployment, cursor: null }),
  );
  const telling = useTelling(data?.items ?? []);
  useLive([alertsTopic], [trpc.monitoring.alerts.queryKey(), trpc.monitoring.telling.queryKey()]);
  if (error && !data)
    return <ErrorNotice title="Its alerts cannot be shown" error={error} onRetry={() => void refetch()} />;
  if (!data || data.items.length === 0) return null;
  return (
    <Section title="Open alerts">
      <div className="flex flex-col gap-3">
        <TellingError telling={telling} />
        {data.items.map((alert) => (
          <AlertCard key={alert.id} alert={alert} telling={telling.of(alert.id)} />
        ))}
      </div>
    </Section>
  );
}
