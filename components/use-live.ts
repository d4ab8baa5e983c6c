"use client";

import { useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useState } from "react";
import { useTRPC } from "./trpc";

export interface LiveState {
  status: "live" | "connecting" | "stale";
  updatedAt: Date | undefined;
}

/**
 * Keeps queries fresh: each time one of `topics` changes on the server, the queries under `queryKeys` are fetched again.
 * The state says whether the page is live; show it with `LiveDot`.
 */
export function useLive(topics: string[], queryKeys: QueryKey[]): LiveState {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [updatedAt, setUpdatedAt] = useState<Date>();
  const subscription = useSubscription(
    trpc.live.changes.subscriptionOptions(
      { topics },
      {
        enabled: topics.length > 0,
        onData: ({ data }) => {
          setUpdatedAt(data.at);
          if (data.topics.length === 0) return;
          for (const queryKey of queryKeys) void queryClient.invalidateQueries({ queryKey });
        },
      },
    ),
  );
  const status =
    subscription.status === "pending"
      ? "live"
      : subscription.status === "connecting"
        ? "connecting"
        : "stale";
  return { status, updatedAt };
}
