import { PoliciesList } from "@/components/governance/policies-list";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";

export const metadata = { title: "Policies" };

export default async function PoliciesPage() {
  await prefetch(serverTrpc.governance.policies.queryOptions());
  return (
    <Hydrate>
      <PoliciesList />
    </Hydrate>
  );
}
