import type { Metadata } from "next";
import { MonitoredList } from "@/components/monitoring/monitored-list";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";

export const metadata: Metadata = { title: "Monitoring" };

export default async function MonitoringPage() {
  await prefetch(serverTrpc.monitoring.deployments.queryOptions({ q: "", window: "1h", cursor: null }));
  return (
    <Hydrate>
      <MonitoredList />
    </Hydrate>
  );
}
