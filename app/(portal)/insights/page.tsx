import type { Metadata } from "next";
import { VelocityPage } from "@/components/insights/velocity-page";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";
import { env } from "@/server/core/env";

export const metadata: Metadata = { title: "Insights" };

export default async function InsightsPage() {
  await prefetch(serverTrpc.insights.velocity.queryOptions({ window: "30d" }));
  return (
    <Hydrate>
      <VelocityPage host={env().portalUrl} />
    </Hydrate>
  );
}
