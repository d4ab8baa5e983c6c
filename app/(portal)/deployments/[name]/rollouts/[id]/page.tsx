import type { Metadata } from "next";
import { Hydrate, prefetch, serverTrpc, titleFrom } from "@/server/house/hydrate";
import { RolloutWithEvidence } from "./with-evidence";

type Props = { params: Promise<{ name: string; id: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { name, id: rolloutId } = await params;
  return titleFrom(
    serverTrpc.serving.rollout.queryOptions({ rolloutId }),
    "Rollout",
    ({ deployment, to }) => `Rollout of version ${to?.number ?? "?"} to ${deployment?.name ?? name}`,
  );
}

export default async function Page({ params }: Props) {
  const { name, id: rolloutId } = await params;
  await prefetch(
    serverTrpc.serving.rollout.queryOptions({ rolloutId }),
    serverTrpc.serving.chart.queryOptions({ name, rolloutId }),
  );
  return (
    <Hydrate>
      <RolloutWithEvidence name={name} rolloutId={rolloutId} />
    </Hydrate>
  );
}
