/** What makes up a list's state; where one is in it and which view it came from do not. */
const LEFT_OUT = ["after", "view"];

/** The address of a list as it is compared and stored: keys in order, empty ones and the page left out. */
export function normalizeQuery(query: string): string {
  const params = new URLSearchParams(query);
  const kept = [...params].filter(([key, value]) => value !== "" && !LEFT_OUT.includes(key));
  return new URLSearchParams(kept.toSorted(([a], [b]) => a.localeCompare(b))).toString();
}

interface Choosable {
  id: string;
  scope: string;
  isDefault: boolean;
}

/** The view a list opens with: one's own default before the team's. */
export const defaultOf = <V extends Choosable>(views: readonly V[]): V | undefined =>
  views.find((view) => view.isDefault && view.scope === "personal") ??
  views.find((view) => view.isDefault && view.scope === "team");

/** Who may change or delete a view: its owner, and for a team's view also the team's administrators. */
export const mayChange = (
  view: { scope: string; ownerId: string },
  actor: { userId: string; role: string | null | undefined; isPlatformAdmin: boolean },
): boolean =>
  view.ownerId === actor.userId ||
  (view.scope === "team" && (actor.role === "admin" || actor.isPlatformAdmin));
