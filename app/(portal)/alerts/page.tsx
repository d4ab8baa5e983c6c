import type { Metadata } from "next";
import { AlertsList } from "@/components/monitoring/alerts/alerts-list";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";

export const metadata: Metadata = { title: "Alerts" };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function AlertsPage({ searchParams }: Props) {
  // The list as it opens; a filtered one is fetched by the page itself.
  if (Object.keys(await searchParams).length === 0)
    await prefetch(serverTrpc.monitoring.alerts.queryOptions({ state: "open", cursor: null }));
  return (
    <Hydrate>
      <AlertsList />
    </Hydrate>
  );
}
