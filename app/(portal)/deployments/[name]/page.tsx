import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";
import { DeploymentWithEvidence } from "./with-evidence";

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
      <DeploymentWithEvidence name={name} />
    </Hydrate>
  );
}
