import { DeploymentAlerts } from "@/components/monitoring/alerts/deployment-alerts";
import { DeploymentPage } from "@/components/serving/deployment-page";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";

type Params = Promise<{ name: string }>;

export const generateMetadata = async ({ params }: { params: Params }) => ({ title: (await params).name });

export default async function Page({ params }: { params: Params }) {
  const { name } = await params;
  await prefetch(
    serverTrpc.serving.get.queryOptions({ name }),
    serverTrpc.monitoring.alerts.queryOptions({ state: "open", deployment: name, cursor: null }),
  );
  return (
    <Hydrate>
      <DeploymentPage name={name} alerts={<DeploymentAlerts deployment={name} />} />
    </Hydrate>
  );
}
