import { mutationOf, queryOf, router } from "@/server/kit/trpc";
import { countUnread, listInbox, markInbox } from "./inbox-verbs";

export const notificationsRouter = router({
  inbox: queryOf(listInbox),
  unread: queryOf(countUnread),
  mark: mutationOf(markInbox),
});
