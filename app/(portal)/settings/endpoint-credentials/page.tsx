import { CredentialSettings } from "@/components/registry/credential-settings";
import { HydrateList, type Search, serverTrpc } from "@/server/house/hydrate";

export const metadata = { title: "Endpoint credentials" };

export default function EndpointCredentialsPage({ searchParams }: { searchParams: Search }) {
  return (
    <HydrateList search={searchParams} opens={[serverTrpc.registry.credentials.queryOptions()]}>
      <CredentialSettings />
    </HydrateList>
  );
}
