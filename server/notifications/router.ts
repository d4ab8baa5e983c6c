import { mutationOf, queryOf, router } from "@/server/kit/trpc";
import { countUnread } from "./count-unread";
import { listInbox } from "./list-inbox";
import { markInbox } from "./mark-inbox";

export const notificationsRouter = router({
  inbox: queryOf(listInbox),
  unread: queryOf(countUnread),
  mark: mutationOf(markInbox),
});
