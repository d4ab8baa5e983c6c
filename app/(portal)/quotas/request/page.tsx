import { RequestQuotaPage } from "@/components/compute/request-quota-form";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";

export const metadata = { title: "Request GPU quota" };

interface Props {
  searchParams: Promise<{ flavor?: string | string[] }>;
}

export default async function RequestPage({ searchParams }: Props) {
  const { flavor } = await searchParams;
  await prefetch(serverTrpc.compute.quota.get.queryOptions());
  return (
    <Hydrate>
      <RequestQuotaPage flavor={typeof flavor === "string" ? flavor : ""} />
    </Hydrate>
  );
}
