import { tracked } from "@trpc/server";
import { z } from "zod";
import type { Actor } from "@/server/core/actor";
import { can } from "@/server/core/authz/permissions";
import { unauthenticated } from "@/server/core/context";
import { AppError, forbidden } from "@/server/core/errors";
import { liveTopic } from "@/server/core/live";
import { liveHub } from "@/server/core/live-hub";
import { call, liveProcedure, type TrpcContext } from "./trpc";

const LiveInput = z.object({
  topics: z.array(z.string().max(100)).min(1).max(20),
  lastEventId: z.string().nullish(),
});

const MIN_GAP_MS = 100;
/** Sessions and tokens also expire, of which no message tells. */
const ASK_AGAIN_MS = 60_000;

function mayListen(actor: Actor | undefined): Actor {
  if (!actor) throw unauthenticated();
  const verdict = can(actor, "identity.session.read");
  if (!verdict.allowed) throw forbidden(verdict.reason ?? "You may not listen here.");
  return actor;
}

/** Refuses to go on for a caller whose session or token has ended, or who has left the team that they listen to. */
async function stillMayListen(ctx: TrpcContext, first: Actor): Promise<void> {
  let now: Actor;
  try {
    now = mayListen(await ctx.actorNow?.());
  } catch (error) {
    // While the database is away nobody's session can be judged; the stream says nothing meanwhile.
    if (error instanceof AppError) throw error;
    return;
  }
  if (now.teamId !== first.teamId) throw forbidden("You act in another team now.", "Reload the page.");
  if (first.role && !now.role && !now.isPlatformAdmin)
    throw forbidden("You are no member of this team any more.", "Reload the page.");
}

/**
 * SSE: yields a topic's name each time what it shows has changed (at most every 100 ms a topic). Inbox topics are personal; all
 * others belong to the caller's team. After a gap it yields all topics, so that a sleeping page catches up. The stream ends when the
 * caller's session, token or membership does: at once when that is told, within a minute when it expires.
 */
export const liveChanges = liveProcedure("identity.session.read")
  .input(LiveInput)
  .subscription(async function* ({ ctx, input, signal }) {
    const actor = await call(async () => mayListen(ctx.actor));
    const topics = input.topics.filter(
      (topic) => !topic.startsWith("inbox:") || topic === `inbox:${actor.userId}`,
    );
    const wanted = new Map(topics.map((topic) => [liveTopic(actor.teamId, topic), topic]));
    const changed = new Set<string>(input.lastEventId ? topics : []);
    let askAgain = false;
    let wake: (() => void) | undefined;
    const stopTopics = liveHub().subscribe("mw_live", (name) => {
      const topic = wanted.get(name);
      if (topic) changed.add(topic);
      else if (name === "*") for (const each of topics) changed.add(each);
      else return;
      wake?.();
    });
    const ask = () => {
      askAgain = true;
      wake?.();
    };
    const stopAccess = liveHub().subscribe("mw_access", ask);
    const timer = setInterval(ask, ASK_AGAIN_MS);
    signal?.addEventListener("abort", () => wake?.());
    let id = Date.now();
    try {
      yield tracked(String(id), { topics: [] as string[], at: new Date() });
      while (!signal?.aborted) {
        if (askAgain) {
          askAgain = false;
          await call(() => stillMayListen(ctx, actor));
        } else if (changed.size === 0) {
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
      clearInterval(timer);
      stopTopics();
      stopAccess();
    }
  });
