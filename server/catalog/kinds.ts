import type { RoomKinds } from "@/server/plates/kind";

export const kinds = {
  ids: { view: "view" },
  things: {},
  statuses: {},
  topics: [],
  places: [],
} as const satisfies RoomKinds;
