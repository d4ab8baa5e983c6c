import type { RoomKinds } from "@/server/plates/kind";

export const teamHref = (id: string) => `/admin/teams/${id}`;
/** People have no page of their own: the list, looking for one. */
export const personHref = (words: string) => `/admin/users?q=${encodeURIComponent(words)}`;

export const kinds = {
  ids: { user: "usr", session: "ses", team: "team", token: "tok" },
  things: { team: { icon: "users", word: "Team" }, user: { icon: "user", word: "Person" } },
  statuses: {},
  topics: [],
  places: [
    { group: "Admin", at: 2, href: "/admin/users", label: "People", audience: "platform", icon: "user" },
    { group: "Admin", at: 3, href: "/admin/teams", label: "Teams", audience: "admins", icon: "users" },
    { group: "Admin", at: 5, href: "/admin/audit", label: "Audit", audience: "admins", icon: "shield-check" },
    { group: "elsewhere", at: 1, href: "/settings", label: "Settings", icon: "user" },
    { group: "elsewhere", at: 2, href: "/settings/tokens", label: "API tokens", icon: "shield-check" },
  ],
} as const satisfies RoomKinds;
