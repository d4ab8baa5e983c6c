import { tracked } from "@trpc/server";
import { z } from "zod";
import { can } from "@/server/core/authz/permissions";
import { unauthenticated } from "@/server/core/context";
import { forbidden } from "@/server/core/errors";
import { liveTopic } from "@/server/core/live";
import { liveHub } from "@/server/core/live-hub";
import { liveProcedure } from "./trpc";

const LiveInput = z.object({
  topics: z.array(z.string().max(100)).min(1).max(20),
  lastEventId: z.string().nullish(),
});

const MIN_GAP_MS = 100;

/**
 * SSE: yields a topic's name each time what it shows has changed (at most every 100 ms a topic). Inbox topics are personal; all
 * others belong to the caller's team. After a gap it yields all topics, so that a sleeping page catches up.
 */
export const liveChanges = liveProcedure("identity.session.read")
  .input(LiveInput)
  .subscription(async function* ({ ctx, input, signal }) {
    const actor = ctx.actor;
    if (!actor) throw unauthenticated();
    const verdict = can(actor, "identity.session.read");
    if (!verdict.allowed) throw forbidden(verdict.reason ?? "You may not listen here.");
    const topics = input.topics.filter(
      (topic) => !topic.startsWith("inbox:") || topic === `inbox:${actor.userId}`,
    );
    const wanted = new Map(topics.map((topic) => [liveTopic(actor.teamId, topic), topic]));
    const changed = new Set<string>(input.lastEventId ? topics : []);
    let wake: (() => void) | undefined;
    const stop = liveHub().subscribe("mw_live", (name) => {
      const topic = wanted.get(name);
      if (topic) changed.add(topic);
      else if (name === "*") for (const each of topics) changed.add(each);
      else return;
      wake?.();
    });
    signal?.addEventListener("abort", () => wake?.());
    let id = Date.now();
    try {
      yield tracked(String(id), { topics: [] as string[], at: new Date() });
      while (!signal?.aborted) {
        if (changed.size === 0) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          wake = undefined;
          continue;
        }
        const batch = [...changed];
        changed.clear();
        id += 1;
        yield tracked(String(id), { topics: batch, at: new Date() });
        await new Promise((resolve) => setTimeout(resolve, MIN_GAP_MS));
      }
    } finally {
      stop();
    }
  });
