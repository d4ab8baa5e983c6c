import { PolicyView } from "@/components/governance/policy-view";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";

type Props = { params: Promise<{ key: string }> };

export async function generateMetadata({ params }: Props) {
  return { title: `Policy ${(await params).key}` };
}

export default async function PolicyPage({ params }: Props) {
  const { key } = await params;
  await prefetch(serverTrpc.governance.policy.queryOptions({ key }));
  return (
    <Hydrate>
      <PolicyView policyKey={key} />
    </Hydrate>
  );
}
