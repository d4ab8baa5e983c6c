"use client";

import { useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useState } from "react";
import { noticeLoss, useAccessLoss } from "./access-loss";
import type { Topic } from "@/server/plates/topic";
import { useTRPC } from "./trpc";

export type LiveStatus = "connecting" | "live" | "reconnecting";

export interface LiveState {
  status: LiveStatus;
  updatedAt: Date | undefined;
}

/** A browser goes on by itself after a broken connection, but gives up on an answer that is an error. */
const REOPEN_MS = 3_000;

/** A message during a fetch asks for one more when it is done: cancelling would starve a page whose topic never rests. */
function createRefresher() {
  let running = false;
  let told: readonly string[][] = [];
  return async (
    topics: string[],
    fetchOf: (topics: readonly string[][]) => Promise<unknown>,
  ): Promise<void> => {
    told = [...told, topics];
    if (running) return;
    running = true;
    try {
      while (told.length > 0) {
        const batch = told;
        told = [];
        // oxlint-disable-next-line no-await-in-loop -- one round after the other is the point
        await fetchOf(batch);
      }
    } finally {
      running = false;
    }
  };
}

/** Topics that have something better than a fetch of everything: told of by what it does. */
export type Followers = Readonly<Record<string, () => Promise<unknown>>>;

/**
 * Keeps queries fresh: each time one of `topics` changes on the server, the queries under `queryKeys` are fetched again; a topic of `followers` calls
 * its function instead. The state says whether the page is live; show it with `LiveDot`.
 */
export function useLive(topics: Topic[], queryKeys: QueryKey[], followers: Followers = {}): LiveState {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [updatedAt, setUpdatedAt] = useState<Date>();
  const [refresh] = useState(createRefresher);
  const { loss } = useAccessLoss();
  const refetch = (told: readonly string[][]) => {
    const isTold = (topic: string) => told.some((each) => each.length === 0 || each.includes(topic));
    const queries = topics.some(isTold)
      ? queryKeys.map((queryKey) => queryClient.invalidateQueries({ queryKey }))
      : [];
    // What one could not ask for now comes with the next message, or the look of every minute.
    const follows = Object.entries(followers).flatMap(([topic, follow]) =>
      isTold(topic) ? [follow().catch(noticeLoss)] : [],
    );
    return Promise.all([...queries, ...follows]);
  };
  /** Asks first who is signed in, which notices a session that has ended. */
  const reopen = async () => {
    const session = trpc.identity.session.queryOptions(undefined, { retry: false, staleTime: 0 });
    await queryClient.fetchQuery(session).catch(() => undefined);
    subscription.reset();
  };
  const subscription = useSubscription(
    trpc.live.changes.subscriptionOptions(
      { topics: [...topics, ...Object.keys(followers)] },
      {
        enabled: topics.length + Object.keys(followers).length > 0 && loss === undefined,
        onData: ({ data }) => {
          setUpdatedAt(data.at);
          // Also on the greeting, which names no topic: what changed between the page's own fetch and this connection is told nowhere else.
          void refresh(data.topics, refetch);
        },
        // The stream has ended for good: by a refusal, which its own words or the session's tell, or by something before the portal.
        onError: (error) => {
          if (noticeLoss(error)) return;
          setTimeout(() => void reopen(), REOPEN_MS);
        },
      },
    ),
  );
  const status = subscription.status === "pending" ? "live" : updatedAt ? "reconnecting" : "connecting";
  return { status, updatedAt };
}
