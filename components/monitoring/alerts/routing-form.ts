import { type FieldPath, type UseFormSetError } from "react-hook-form";
import type { AlertRoute } from "@/server/monitoring/alerts/telling/schemas";

interface PeopleValues {
  roles: string[];
  userIds: string[];
}
export interface LevelValues extends PeopleValues {
  afterMinutes: number | null;
}
export interface RouteValues extends PeopleValues {
  /** Empty: both. */
  severity: string;
  kinds: string[];
  owner: boolean;
  webhook: boolean;
  groupWaitSeconds: number | null;
  groupIntervalSeconds: number | null;
  /** Empty: never again. */
  repeatMinutes: number | null;
  escalation: LevelValues[];
}
export interface RoutingValues {
  routes: RouteValues[];
}

export const NEW_ROUTE: RouteValues = {
  severity: "",
  kinds: [],
  roles: ["member", "reviewer", "admin"],
  userIds: [],
  owner: true,
  webhook: true,
  groupWaitSeconds: 10,
  groupIntervalSeconds: 300,
  repeatMinutes: 240,
  escalation: [],
};

/** Routes as the form shows them. */
export const fromRoutes = (routes: readonly AlertRoute[]): RoutingValues => ({
  routes: routes.map((route) => ({ ...route, severity: route.severity ?? "" })),
});

/** Checks by the server's own schema, so that the browser refuses what the server would. */
export async function toRoutes({ routes }: RoutingValues) {
  const [{ AlertRoutes }, { checkInput }] = await Promise.all([
    import("@/server/monitoring/alerts/telling/schemas"),
    import("@/components/form/check-input"),
  ]);
  return checkInput(
    AlertRoutes,
    routes.map((route) => ({ ...route, severity: route.severity || null })),
  );
}

const LABELS: Readonly<Record<string, string>> = {
  severity: "Severity",
  kinds: "Kinds",
  roles: "Roles",
  userIds: "People",
  owner: "The owner of the deployment",
  groupWaitSeconds: "Wait for others",
  groupIntervalSeconds: "Tell changes after",
  repeatMinutes: "Tell again after",
  afterMinutes: "After",
};

/** What the form calls a field, by its path. */
export function routeLabelOf(path: string): string | undefined {
  const found = /^routes\.(\d+)\.(?:escalation\.(\d+)\.)?(\w+)$/.exec(path);
  const label = LABELS[found?.[3] ?? ""];
  if (!found || !label) return undefined;
  const level = found[2] === undefined ? "" : `, level ${Number(found[2]) + 1}`;
  return `Route ${Number(found[1]) + 1}${level}, ${label}`;
}

/** Puts problems to the fields that they name, and the rest above the form. */
export function putProblems(
  setError: UseFormSetError<RoutingValues>,
  problems: readonly (readonly [path: string, message: string])[],
): void {
  const rest: string[] = [];
  for (const [path, message] of problems) {
    if (routeLabelOf(path)) setError(path as FieldPath<RoutingValues>, { type: "server", message });
    else rest.push(message);
  }
  if (rest.length > 0) setError("root.server", { type: "server", message: rest.join(" ") });
}
