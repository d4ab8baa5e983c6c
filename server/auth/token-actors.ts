import type { Db } from "@/db/client";
import type { Actor } from "@/server/core/actor";
import { isAppError } from "@/server/core/errors";
import { actorOfToken } from "./actor";
import { tokenHash } from "./token-format";

const MOST = 10_000;

export interface TokenActorsOptions {
  /** How long an answer holds unless the database tells of a change: the bound where that message is lost. */
  freshMs: number;
  /** How long a caller known before is still served while the database is away. */
  staleMs: number;
}

interface Known {
  actor: Actor;
  at: number;
}

/**
 * Who calls, by API token, remembered for a moment. Forgotten at once when the database tells that a token, a person or a membership has
 * changed (the channel `mw_access`); whoever makes one calls `forget` then.
 */
export class TokenActors {
  private readonly known = new Map<string, Known>();
  private changes = 0;

  constructor(
    private readonly db: Db,
    private readonly options: TokenActorsOptions,
  ) {}

  /** @throws AppError `unauthenticated` */
  async actor(token: string): Promise<Actor> {
    const key = tokenHash(token);
    const cached = this.known.get(key);
    const now = Date.now();
    if (cached && now - cached.at < this.options.freshMs) return cached.actor;
    const changesBefore = this.changes;
    try {
      const actor = await actorOfToken(this.db, token, new Date(now));
      if (this.known.size >= MOST) this.known.clear();
      // What was read before a change is not remembered after it.
      if (this.changes === changesBefore) this.known.set(key, { actor, at: now });
      return actor;
    } catch (error) {
      if (isAppError(error)) {
        this.known.delete(key);
        throw error;
      }
      if (cached && now - cached.at < this.options.staleMs) return cached.actor;
      throw error;
    }
  }

  /** Asks the database again for everyone; those known before are still served while it is away. */
  forget(): void {
    this.changes += 1;
    for (const known of this.known.values()) known.at = Math.min(known.at, Date.now() - this.options.freshMs);
  }
}
