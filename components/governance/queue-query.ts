import type { ReviewTab } from "@/server/governance/rules";

/** The URL of the queue as it is filtered, without paging: what a review page keeps for next and previous. */
export function queueQuery(tab: ReviewTab, search: string, environment: string | undefined): string {
  const params = new URLSearchParams({ tab });
  if (search) params.set("q", search);
  if (environment) params.set("environment", environment);
  return params.toString();
}
