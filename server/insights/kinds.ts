import type { RoomKinds } from "@/server/plates/kind";

export const kinds = {
  ids: {},
  things: {},
  statuses: {},
  topics: [],
  places: [{ group: "Observe", at: 3, href: "/insights", label: "Insights", key: "n", icon: "lightbulb" }],
} as const satisfies RoomKinds;
