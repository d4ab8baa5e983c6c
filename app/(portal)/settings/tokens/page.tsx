import { TokenSettings } from "@/components/identity/token-settings";
import { HydrateList, type Search, serverTrpc } from "@/server/house/hydrate";
import { env } from "@/server/core/env";

export const metadata = { title: "API tokens" };

export default function TokensPage({ searchParams }: { searchParams: Search }) {
  return (
    <HydrateList search={searchParams} opens={[serverTrpc.identity.tokens.queryOptions()]}>
      <TokenSettings portalUrl={env().portalUrl} />
    </HydrateList>
  );
}
