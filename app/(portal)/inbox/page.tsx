import { InboxList } from "@/components/notifications/inbox-list";
import { HydrateList, type Search, serverTrpc } from "@/server/house/hydrate";

export const metadata = { title: "Inbox" };

export default function InboxPage({ searchParams }: { searchParams: Search }) {
  return (
    <HydrateList
      search={searchParams}
      opens={[serverTrpc.notifications.inbox.queryOptions({ state: "open", cursor: null })]}
    >
      <InboxList />
    </HydrateList>
  );
}
