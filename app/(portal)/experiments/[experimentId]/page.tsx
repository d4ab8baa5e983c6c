import type { Metadata } from "next";
import { RunsList } from "@/components/experiments/runs-list";
import { HydrateList, type Search, serverTrpc, titleFrom } from "@/server/house/hydrate";

type Props = { params: Promise<{ experimentId: string }>; searchParams: Search };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { experimentId } = await params;
  const experiment = serverTrpc.experiments.get.queryOptions({ experimentId });
  return titleFrom(experiment, "Experiment", ({ name }) => `Experiment ${name}`);
}

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
