import {
  Activity,
  Bell,
  BookOpen,
  Boxes,
  ClipboardCheck,
  Cpu,
  Database,
  FileCheck2,
  FlaskConical,
  Gauge,
  House,
  Inbox,
  LayoutTemplate,
  Lightbulb,
  ListChecks,
  type LucideIcon,
  Rocket,
  ScrollText,
  Server,
  ShieldCheck,
  User,
  Users,
} from "lucide-react";

export type NavItem = {
  href: string;
  label: string;
  icon: LucideIcon;
  /** Second key after `g`. */
  key?: string;
  platformOnly?: boolean;
};
export type NavGroup = { label: string | null; items: readonly NavItem[] };

/** The sidebar in the order of the line. */
export const NAV_GROUPS: readonly NavGroup[] = [
  {
    label: null,
    items: [
      { href: "/", label: "Home", icon: House, key: "h" },
      { href: "/inbox", label: "Inbox", icon: Inbox, key: "i" },
    ],
  },
  { label: "Data", items: [{ href: "/datasets", label: "Datasets", icon: Database, key: "d" }] },
  {
    label: "Build",
    items: [
      { href: "/jobs", label: "Jobs", icon: Cpu, key: "j" },
      { href: "/experiments", label: "Experiments", icon: FlaskConical, key: "e" },
      { href: "/templates", label: "Templates", icon: LayoutTemplate, key: "t" },
    ],
  },
  {
    label: "Govern",
    items: [
      { href: "/models", label: "Models", icon: Boxes, key: "m" },
      { href: "/reviews", label: "Reviews", icon: ClipboardCheck, key: "r" },
      { href: "/policies", label: "Policies", icon: FileCheck2, key: "p" },
      { href: "/log", label: "Transparency log", icon: ScrollText, key: "l" },
    ],
  },
  { label: "Run", items: [{ href: "/deployments", label: "Deployments", icon: Rocket, key: "s" }] },
  {
    label: "Observe",
    items: [
      { href: "/monitoring", label: "Monitoring", icon: Activity, key: "o" },
      { href: "/alerts", label: "Alerts", icon: Bell, key: "a" },
      { href: "/insights", label: "Insights", icon: Lightbulb, key: "n" },
    ],
  },
  {
    label: "Admin",
    items: [
      { href: "/admin", label: "Console", icon: Server, key: "c", platformOnly: true },
      { href: "/admin/users", label: "People", icon: User, platformOnly: true },
      { href: "/admin/teams", label: "Teams", icon: Users, platformOnly: true },
      { href: "/quotas", label: "Quotas", icon: Gauge, key: "q" },
      { href: "/admin/audit", label: "Audit", icon: ShieldCheck, platformOnly: true },
      { href: "/admin/work", label: "Background work", icon: ListChecks, platformOnly: true },
    ],
  },
];

/** Places that are in the palette and the user menu, not in the sidebar. */
export const NAV_EXTRA: readonly NavItem[] = [
  { href: "/settings", label: "Settings", icon: User },
  { href: "/settings/tokens", label: "API tokens", icon: ShieldCheck },
  { href: "/docs/api", label: "API reference", icon: BookOpen },
];

/** The groups a person may see; empty groups vanish. */
export function visibleGroups(isPlatformAdmin: boolean): NavGroup[] {
  return NAV_GROUPS.map((group) => ({
    ...group,
    items: group.items.filter((item) => isPlatformAdmin || !item.platformOnly),
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
