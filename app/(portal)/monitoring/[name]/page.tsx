import { DeploymentHealth } from "@/components/monitoring/deployment-health";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";
import { env } from "@/server/core/env";

type Props = { params: Promise<{ name: string }> };

export async function generateMetadata({ params }: Props) {
  return { title: `Monitoring ${decodeURIComponent((await params).name)}` };
}

export default async function DeploymentHealthPage({ params }: Props) {
  const name = decodeURIComponent((await params).name);
  await prefetch(serverTrpc.monitoring.deployment.queryOptions({ name, window: "1h" }));
  return (
    <Hydrate>
      <DeploymentHealth name={name} host={env().portalUrl} />
    </Hydrate>
  );
}
