import type { ShellSession } from "./types";

export type NavItem = {
  href: string;
  label: string;
  /** Second key after `g`. */
  key?: string;
  /** Whom it is for; everybody when left out. A team's admins see what is for `admins` while the team is active. */
  audience?: "platform" | "admins";
};
export type NavGroup = { label: string | null; items: readonly NavItem[] };

/** The sidebar in the order of the line. */
export const NAV_GROUPS: readonly NavGroup[] = [
  {
    label: null,
    items: [
      { href: "/", label: "Home", key: "h" },
      { href: "/inbox", label: "Inbox", key: "i" },
    ],
  },
  { label: "Data", items: [{ href: "/datasets", label: "Datasets", key: "d" }] },
  {
    label: "Build",
    items: [
      { href: "/jobs", label: "Jobs", key: "j" },
      { href: "/experiments", label: "Experiments", key: "e" },
      { href: "/templates", label: "Templates", key: "t" },
    ],
  },
  {
    label: "Govern",
    items: [
      { href: "/models", label: "Models", key: "m" },
      { href: "/reviews", label: "Reviews", key: "r" },
      { href: "/policies", label: "Policies", key: "p" },
      { href: "/log", label: "Transparency log", key: "l" },
    ],
  },
  { label: "Run", items: [{ href: "/deployments", label: "Deployments", key: "s" }] },
  {
    label: "Observe",
    items: [
      { href: "/monitoring", label: "Monitoring", key: "o" },
      { href: "/alerts", label: "Alerts", key: "a" },
      { href: "/insights", label: "Insights", key: "n" },
    ],
  },
  {
    label: "Admin",
    items: [
      { href: "/admin", label: "Console", key: "c", audience: "platform" },
      { href: "/admin/users", label: "People", audience: "platform" },
      { href: "/admin/teams", label: "Teams", audience: "admins" },
      { href: "/quotas", label: "Quotas", key: "q" },
      { href: "/admin/audit", label: "Audit", audience: "admins" },
      { href: "/admin/work", label: "Background work", audience: "platform" },
    ],
  },
];

/** Places that are in the palette and the user menu, not in the sidebar. */
export const NAV_EXTRA: readonly NavItem[] = [
  { href: "/settings", label: "Settings" },
  { href: "/settings/tokens", label: "API tokens" },
  { href: "/settings/endpoint-credentials", label: "Endpoint credentials" },
  { href: "/docs/api", label: "API reference" },
];

/** The groups a person may see; empty groups vanish. */
export function visibleGroups({
  isPlatformAdmin,
  role,
}: Pick<ShellSession, "isPlatformAdmin" | "role">): NavGroup[] {
  const isFor = ({ audience }: NavItem) =>
    !audience || isPlatformAdmin || (audience === "admins" && role === "admin");
  return NAV_GROUPS.map((group) => ({
    ...group,
    items: group.items.filter(isFor),
  })).filter((group) => group.items.length > 0);
}

/** The entry of the sidebar that a path belongs to: the longest matching address. */
export function activeHref(path: string): string | undefined {
  // Base quotas are an administrator's page below Quotas.
  const pathname = path.startsWith("/admin/quotas") ? "/quotas" : path;
  return NAV_GROUPS.flatMap((group) => group.items)
    .map((item) => item.href)
    .filter((href) => pathname === href || (href !== "/" && pathname.startsWith(`${href}/`)))
    .sort((a, b) => b.length - a.length)[0];
}
