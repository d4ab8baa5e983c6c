import { LogView } from "@/components/governance/log-view";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";

export const metadata = { title: "Transparency log" };

export default async function LogPage() {
  await prefetch(
    serverTrpc.governance.checkpoint.queryOptions(),
    serverTrpc.governance.logEntries.queryOptions({ cursor: null }),
  );
  return (
    <Hydrate>
      <LogView />
    </Hydrate>
  );
}
