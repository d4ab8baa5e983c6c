import { InboxList } from "@/components/notifications/inbox-list";

export const metadata = { title: "Inbox" };

export default function InboxPage() {
  return <InboxList />;
}
