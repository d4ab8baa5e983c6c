import { ExperimentsList } from "@/components/experiments/experiments-list";
import { HydrateList, type Search, serverTrpc } from "@/server/house/hydrate";

export const metadata = { title: "Experiments" };

export default function ExperimentsPage({ searchParams }: { searchParams: Search }) {
  return (
    <HydrateList
      search={searchParams}
      opens={[serverTrpc.experiments.list.queryOptions({ q: "", cursor: null })]}
    >
      <ExperimentsList />
    </HydrateList>
  );
}
