import { tracked } from "@trpc/server";
import { z } from "zod";
import type { Actor } from "@/server/core/actor";
import { closed } from "@/server/core/closed";
import { can } from "@/server/core/authz/permissions";
import { unauthenticated } from "@/server/core/context";
import { forbidden } from "@/server/core/errors";
import { holdAccess } from "@/server/core/held-access";
import { liveTopic } from "@/server/core/live";
import { liveHub } from "@/server/core/live-hub";
import { call, liveProcedure } from "./trpc";
import { topicNamed } from "@/server/plates/kinds";

const LiveInput = z.object({
  topics: z.array(z.string().max(100)).min(1).max(20),
  lastEventId: z.string().nullish(),
});

const MIN_GAP_MS = 100;
/** A message that its sender could not send any more is made up for by this. */
const LOOK_ANYWAY_MS = 60_000;
const PERMISSION = "identity.session.read";

function mayListen(actor: Actor | undefined): Actor {
  if (!actor) throw unauthenticated();
  const verdict = can(actor, PERMISSION);
  if (!verdict.allowed) throw forbidden(verdict.reason ?? "You may not listen here.");
  return actor;
}

/**
 * SSE: yields a topic's name each time what it shows has changed (at most every 100 ms a topic). A person's topics are
 * for that person; all others belong to the caller's team. What no room has is not listened to. After a gap, and every minute, it yields all topics, so that a page catches up with what was told while it slept or never. The stream ends when the
 * caller's session, token or membership does: at once when that is told, within a minute when it expires.
 */
export const liveChanges = liveProcedure(PERMISSION)
  .input(closed(LiveInput))
  .subscription(async function* ({ ctx, input, signal }) {
    const actor = await call(async () => mayListen(ctx.actor));
    const topics = input.topics.flatMap((name) => topicNamed(name, actor.userId) ?? []);
    const wanted = new Map(topics.map((topic) => [liveTopic(actor.teamId, topic), topic]));
    const changed = new Set<string>(input.lastEventId ? topics : []);
    let wake: (() => void) | undefined;
    const stopTopics = liveHub().subscribe("mw_live", (name) => {
      const topic = wanted.get(name);
      if (topic) changed.add(topic);
      else if (name === "*") for (const each of topics) changed.add(each);
      else return;
      wake?.();
    });
    const actorNow = ctx.actorNow ?? (async () => undefined);
    const access = holdAccess({ first: actor, permission: PERMISSION, actorNow });
    access.signal.addEventListener("abort", () => wake?.());
    signal?.addEventListener("abort", () => wake?.());
    const lookAnyway = setInterval(() => {
      for (const each of topics) changed.add(each);
      wake?.();
    }, LOOK_ANYWAY_MS);
    let id = Date.now();
    try {
      yield tracked(String(id), { topics: [] as string[], at: new Date() });
      while (!signal?.aborted) {
        // Asked without a pause before waiting, so that no end is missed.
        if (access.signal.aborted) await call(() => Promise.reject(access.signal.reason));
        if (changed.size === 0) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          wake = undefined;
        } else {
          const batch = [...changed];
          changed.clear();
          id += 1;
          yield tracked(String(id), { topics: batch, at: new Date() });
          await new Promise((resolve) => setTimeout(resolve, MIN_GAP_MS));
        }
      }
    } finally {
      clearInterval(lookAnyway);
      access.release();
      stopTopics();
    }
  });
