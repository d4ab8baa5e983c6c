"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc";
import type { Alert, Telling } from "./types";

/** Who is told next of the open ones among some alerts, by their ids. */
export function useTelling(alerts: readonly Pick<Alert, "id" | "state">[]): ReadonlyMap<string, Telling> {
  const trpc = useTRPC();
  const alertIds = alerts.flatMap(({ id, state }) => (state === "resolved" ? [] : [id]));
  const { data } = useQuery(
    trpc.monitoring.telling.queryOptions(
      { alertIds },
      { enabled: alertIds.length > 0, placeholderData: keepPreviousData },
    ),
  );
  return new Map((data?.items ?? []).map((each) => [each.alertId, each]));
}
