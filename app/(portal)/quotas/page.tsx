import { QuotaPage } from "@/components/compute/quota-page";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";

export const metadata = { title: "Quotas" };

export default async function QuotasPage() {
  await prefetch(serverTrpc.compute.quota.get.queryOptions());
  return (
    <Hydrate>
      <QuotaPage />
    </Hydrate>
  );
}
