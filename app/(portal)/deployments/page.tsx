import { DeploymentsList } from "@/components/serving/deployments-list";
import { HydrateList, type Search, serverTrpc } from "@/server/house/hydrate";

export const metadata = { title: "Deployments" };

export default function DeploymentsPage({ searchParams }: { searchParams: Search }) {
  return (
    <HydrateList
      search={searchParams}
      opens={[serverTrpc.serving.list.queryOptions({ q: "", cursor: null })]}
    >
      <DeploymentsList />
    </HydrateList>
  );
}
