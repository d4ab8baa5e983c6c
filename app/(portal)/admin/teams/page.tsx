import { TeamsList } from "@/components/identity/teams-list";
import { HydrateList, type Search, serverTrpc } from "@/server/house/hydrate";

export const metadata = { title: "Teams" };

export default function TeamsPage({ searchParams }: { searchParams: Search }) {
  return (
    <HydrateList search={searchParams} opens={[serverTrpc.identity.teams.queryOptions()]}>
      <TeamsList />
    </HydrateList>
  );
}
