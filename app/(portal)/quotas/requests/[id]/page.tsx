import { QuotaRequestPage } from "@/components/compute/quota-request-page";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";

export const metadata = { title: "Quota request" };

export default async function QuotaRequestDetailPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  await prefetch(serverTrpc.compute.quota.request.queryOptions({ id }));
  return (
    <Hydrate>
      <QuotaRequestPage id={id} />
    </Hydrate>
  );
}
