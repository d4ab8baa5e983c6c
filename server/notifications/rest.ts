import { rest, type RestRoute } from "@/server/kit/rest";
import { countUnread } from "./count-unread";
import { listInbox } from "./list-inbox";

export const notificationRoutes: readonly RestRoute[] = [
  rest("Inbox", "get", "/inbox", listInbox),
  rest("Inbox", "get", "/inbox/unread", countUnread),
];
