import { RunsList } from "@/components/experiments/runs-list";
import { HydrateList, type Search, serverTrpc } from "@/server/api/hydrate";

export const metadata = { title: "Experiment" };

type Props = { params: Promise<{ experimentId: string }>; searchParams: Search };

export default async function ExperimentPage({ params, searchParams }: Props) {
  const { experimentId } = await params;
  const opens = [
    serverTrpc.experiments.get.queryOptions({ experimentId }),
    serverTrpc.experiments.runs.queryOptions({ experimentId, filter: "", orderBy: "", cursor: null }),
  ];
  return (
    <HydrateList search={searchParams} opens={opens}>
      <RunsList experimentId={experimentId} />
    </HydrateList>
  );
}
