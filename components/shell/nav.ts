import { PLACE_GROUPS, type Place } from "@/server/plates/kind";
import { places } from "@/server/plates/kinds";
import type { ShellSession } from "./types";

export type NavItem = Place;
export type NavGroup = { label: string | null; items: readonly NavItem[] };

const placesOf = (group: Place["group"]) => places.filter((place) => place.group === group);

/** The sidebar in the order of the line; each room says in its `kinds.ts` where it stands. */
const NAV_GROUPS: readonly NavGroup[] = PLACE_GROUPS.filter((group) => group !== "elsewhere").map(
  (group) => ({
    label: group === "start" ? null : group,
    items: placesOf(group),
  }),
);

/** Places that are in the palette and the user menu, not in the sidebar. */
export const NAV_EXTRA: readonly NavItem[] = placesOf("elsewhere");

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
  const isAt = (href: string) => path === href || (href !== "/" && path.startsWith(`${href}/`));
  return NAV_GROUPS.flatMap((group) => group.items)
    .flatMap((item) =>
      [item.href, ...(item.also ?? [])].filter(isAt).map((match) => ({ match, href: item.href })),
    )
    .toSorted((a, b) => b.match.length - a.match.length)[0]?.href;
}
