import type { Metadata } from "next";
import { AlertsList } from "@/components/monitoring/alerts/alerts-list";
import { Hydrate, prefetch, serverTrpc } from "@/server/api/hydrate";

export const metadata: Metadata = { title: "Alerts" };

export default async function AlertsPage() {
  await prefetch(serverTrpc.monitoring.alerts.queryOptions({ state: "open", cursor: null }));
  return (
    <Hydrate>
      <AlertsList />
    </Hydrate>
  );
}
