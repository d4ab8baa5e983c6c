"use client";
import { useQueryClient } from "@tanstack/react-query";
import { useTRPC } from "@/components/kit/trpc";

/** After something was done about alerts: what pages show of them, and of who is told, is asked for again. */
export function useAlertsChanged(): () => Promise<unknown> {
  const { alerts, telling, silences } = useTRPC().monitoring;
  const queryClient = useQueryClient();
  return () =>
    Promise.all(
      [alerts, telling, silences].map((each) => queryClient.invalidateQueries({ queryKey: each.queryKey() })),
    );
}
