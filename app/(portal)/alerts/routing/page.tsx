import type { Metadata } from "next";
import { RoutingPage } from "@/components/monitoring/alerts/routing-page";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";

export const metadata: Metadata = { title: "Who is told" };

export default async function AlertRoutingPage() {
  await prefetch(serverTrpc.monitoring.routing.queryOptions());
  return (
    <Hydrate>
      <RoutingPage />
    </Hydrate>
  );
}
