"use client";

import { useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useRef, useState } from "react";
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
  const turn = useRef({ running: false, again: false });
  // A message during a fetch asks for one more when it is done: cancelling would starve a page whose topic never rests.
  const refresh = async () => {
    const state = turn.current;
    state.again = true;
    if (state.running) return;
    state.running = true;
    try {
      while (state.again) {
        state.again = false;
        await Promise.all(queryKeys.map((queryKey) => queryClient.invalidateQueries({ queryKey })));
      }
    } finally {
      state.running = false;
    }
  };
  const subscription = useSubscription(
    trpc.live.changes.subscriptionOptions(
      { topics },
      {
        enabled: topics.length > 0,
        onData: ({ data }) => {
          setUpdatedAt(data.at);
          if (data.topics.length > 0) void refresh();
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
