import { RolloutPage } from "@/components/serving/rollout-page";
import { Hydrate, prefetch, serverTrpc } from "@/server/api/hydrate";

export const metadata = { title: "Rollout" };

export default async function Page({ params }: { params: Promise<{ name: string; id: string }> }) {
  const { name, id: rolloutId } = await params;
  await prefetch(
    serverTrpc.serving.rollout.queryOptions({ rolloutId }),
    serverTrpc.serving.chart.queryOptions({ name, rolloutId }),
  );
  return (
    <Hydrate>
      <RolloutPage name={name} rolloutId={rolloutId} />
    </Hydrate>
  );
}
