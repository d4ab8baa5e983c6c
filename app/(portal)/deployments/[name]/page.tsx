import { DeploymentPage } from "@/components/serving/deployment-page";
import { Hydrate, prefetch, serverTrpc } from "@/server/api/hydrate";

type Params = Promise<{ name: string }>;

export const generateMetadata = async ({ params }: { params: Params }) => ({ title: (await params).name });

export default async function Page({ params }: { params: Params }) {
  const { name } = await params;
  await prefetch(serverTrpc.serving.get.queryOptions({ name }));
  return (
    <Hydrate>
      <DeploymentPage name={name} />
    </Hydrate>
  );
}
