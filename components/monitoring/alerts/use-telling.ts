"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTRPC } from "@/components/kit/trpc";
import type { Alert, Telling } from "./types";

/** Who is told next of the open ones among some alerts. `of`: by an alert's id, undefined while it is not known; null where it could not be asked. */
export function useTelling(alerts: readonly Pick<Alert, "id" | "state">[]): {
  of: (alertId: string) => Telling | undefined | null;
  error: unknown;
  retry: () => void;
} {
  const trpc = useTRPC();
  const alertIds = alerts.flatMap(({ id, state }) => (state === "resolved" ? [] : [id]));
  const { data, error, refetch } = useQuery(
    trpc.monitoring.telling.queryOptions(
      { alertIds },
      { enabled: alertIds.length > 0, placeholderData: keepPreviousData },
    ),
  );
  const known = new Map((data?.items ?? []).map((each) => [each.alertId, each]));
  return { of: (id) => known.get(id) ?? (error ? null : undefined), error, retry: () => void refetch() };
}
