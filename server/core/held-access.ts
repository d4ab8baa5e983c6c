import type { Actor } from "./actor";
import { can, type Permission } from "./authz/permissions";
import { unauthenticated } from "./context";
import { forbidden, isAppError } from "./errors";
import { liveHub } from "./live-hub";

/** Sessions and tokens also expire, of which no message tells. */
const ASK_AGAIN_MS = 60_000;

/** Tells a page that what it shows is of a team that its person does not act in any more. */
const ACCESS_MOVED = { reason: "access_moved" };

export interface HeldAccess {
  /** Aborts with the refusal as its reason when the caller may not go on. */
  signal: AbortSignal;
  release(): void;
}

/** @throws AppError when the caller may no longer do what `first` began: their session, token, membership or role ended. */
function refuseIfLost(first: Actor, now: Actor, permission: Permission): void {
  if (now.teamId !== first.teamId)
    throw forbidden("You act in another team now.", "Reload the page.", ACCESS_MOVED);
  if (first.role && !now.role && !now.isPlatformAdmin)
    throw forbidden("You are no member of this team any more.", "Reload the page.", ACCESS_MOVED);
  const verdict = can(now, permission);
  if (!verdict.allowed)
    throw forbidden(verdict.reason ?? "You may not do this any more.", "Reload the page.");
}

/**
 * Watches over what outlives the request that began it, such as a stream: asks again who calls when the database tells that a session, a
 * token, a person or a membership has changed, at once (it may have changed since the request was let in), and every minute. While the database is away nobody can be judged, and nothing is ended.
 */
export function holdAccess(held: {
  /** Who was let in; left out, whoever it is when first asked. */
  first?: Actor;
  permission: Permission;
  actorNow: () => Promise<Actor | undefined>;
}): HeldAccess {
  const lost = new AbortController();
  let { first } = held;
  let [asking, again] = [false, false];
  const ask = async () => {
    again = true;
    if (asking) return;
    asking = true;
    try {
      while (again && !lost.signal.aborted) {
        again = false;
        // oxlint-disable-next-line no-await-in-loop -- a change during the question asks once more
        const now = await held.actorNow();
        if (!now) throw unauthenticated();
        refuseIfLost((first ??= now), now, held.permission);
      }
    } catch (error) {
      if (isAppError(error)) lost.abort(error);
    } finally {
      asking = false;
    }
  };
  const stopListening = liveHub().subscribe("mw_access", () => void ask());
  const timer = setInterval(() => void ask(), ASK_AGAIN_MS);
  void ask();
  return {
    signal: lost.signal,
    release: () => {
      clearInterval(timer);
      stopListening();
    },
  };
}
