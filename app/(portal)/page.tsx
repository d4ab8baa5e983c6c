import type { Metadata } from "next";
import { FollowMlflowLink } from "@/components/experiments/follow-mlflow-link";
import { VelocityTiles } from "@/components/insights/velocity-tiles";
import { Home } from "@/components/platform/home";
import { Hydrate, pageActor, prefetch, serverTrpc } from "@/server/house/hydrate";
import { env } from "@/server/core/env";

export const metadata: Metadata = { title: "Home" };

export default async function HomePage() {
  const actor = await pageActor();
  await prefetch(
    serverTrpc.platform.home.queryOptions(),
    serverTrpc.insights.velocity.queryOptions({ window: "30d" }),
  );
  return (
    <Hydrate>
      <FollowMlflowLink />
      <Home host={env().portalUrl} userId={actor?.userId ?? ""} velocity={<VelocityTiles />} />
    </Hydrate>
  );
}
