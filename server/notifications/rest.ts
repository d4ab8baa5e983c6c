import { rest, type RestRoute } from "@/server/kit/rest";
import { countUnread, listInbox } from "./inbox-verbs";

export const notificationRoutes: readonly RestRoute[] = [
  rest("Inbox", "get", "/inbox", listInbox),
  rest("Inbox", "get", "/inbox/unread", countUnread),
];
