import { JobsList } from "@/components/compute/jobs-list";
import { HydrateList, type Search, serverTrpc } from "@/server/house/hydrate";

export const metadata = { title: "Jobs" };

export default function JobsPage({ searchParams }: { searchParams: Search }) {
  return (
    <HydrateList
      search={searchParams}
      opens={[
        serverTrpc.compute.job.list.queryOptions({
          q: "",
          states: [],
          templates: [],
          mine: false,
          cursor: null,
        }),
      ]}
    >
      <JobsList />
    </HydrateList>
  );
}
