import { Guarded } from "@/components/identity/guarded";
import { WorkList } from "@/components/platform/work-list";
import { HydrateList, type Search, serverTrpc } from "@/server/house/hydrate";
import { env } from "@/server/core/env";

export const metadata = { title: "Background work" };

export default function WorkPage({ searchParams }: { searchParams: Search }) {
  return (
    <Guarded permission="platform.console.read" what="Background work" neededRole="platform administrator">
      <HydrateList
        search={searchParams}
        opens={[
          serverTrpc.platform.work.queryOptions({ state: "dead", limit: 1 }),
          serverTrpc.platform.work.queryOptions({ state: undefined, cursor: null }),
          serverTrpc.monitoring.setAside.queryOptions({}),
          serverTrpc.platform.workflows.queryOptions({ status: undefined, cursor: null, limit: 25 }),
        ]}
      >
        <WorkList host={env().portalUrl} />
      </HydrateList>
    </Guarded>
  );
}
