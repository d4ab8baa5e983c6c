import type { RoomKinds } from "@/server/plates/kind";
import { personalTopicOf } from "@/server/plates/topic";

export const inboxTopic = personalTopicOf("inbox");

export const kinds = {
  ids: { notification: "ntf" },
  things: {},
  statuses: {},
  topics: [inboxTopic],
  places: [{ group: "start", at: 2, href: "/inbox", label: "Inbox", key: "i", icon: "inbox" }],
} as const satisfies RoomKinds;
