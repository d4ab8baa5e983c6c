import type { Metadata } from "next";
import { SilencesPage } from "@/components/monitoring/alerts/silences-page";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";

export const metadata: Metadata = { title: "Silences" };

export default async function AlertSilencesPage() {
  await prefetch(serverTrpc.monitoring.silences.queryOptions({ state: "open" }));
  return (
    <Hydrate>
      <SilencesPage />
    </Hydrate>
  );
}
