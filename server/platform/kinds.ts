import type { RoomKinds } from "@/server/plates/kind";

export const kinds = {
  ids: {},
  things: {},
  statuses: {
    retrying: { label: "Retrying", icon: "rotate-ccw", tone: "warning" },
    dead: { label: "Dead letter", icon: "circle-x", tone: "negative" },
  },
  topics: [],
  places: [
    { group: "start", at: 1, href: "/", label: "Home", key: "h", icon: "house" },
    {
      group: "Admin",
      at: 1,
      href: "/admin",
      label: "Console",
      key: "c",
      audience: "platform",
      icon: "server",
    },
    {
      group: "Admin",
      at: 6,
      href: "/admin/work",
      label: "Background work",
      audience: "platform",
      icon: "list-checks",
    },
    { group: "elsewhere", at: 4, href: "/docs/api", label: "API reference", icon: "book-open" },
  ],
} as const satisfies RoomKinds;
