import type { Db } from "@/db/client";
import { actorOfToken } from "@/server/auth/actor";
import type { Actor } from "@/server/core/actor";
import { unauthenticated } from "@/server/core/context";
import { isAppError } from "@/server/core/errors";
import { sha256Hex } from "@/server/core/digest";

const FRESH_MS = 2_000;
/** While the database is away, a caller known before is still served. */
const STALE_MS = 10 * 60_000;
const MOST = 10_000;

/** Who calls, by API token; looked up at most every 2 s per token, so a revoked token stops within that time. */
export class Callers {
  private readonly known = new Map<string, { actor: Actor; at: number }>();

  constructor(private readonly db: Db) {}

  /** @throws AppError `unauthenticated` */
  async actor(authorization: string | undefined): Promise<Actor> {
    const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? "")?.[1];
    if (!token) throw unauthenticated();
    const key = sha256Hex(token);
    const cached = this.known.get(key);
    const now = Date.now();
    if (cached && now - cached.at < FRESH_MS) return cached.actor;
    try {
      const actor = await actorOfToken(this.db, token, new Date(now));
      if (this.known.size >= MOST) this.known.clear();
      this.known.set(key, { actor, at: now });
      return actor;
    } catch (error) {
      if (isAppError(error)) {
        this.known.delete(key);
        throw error;
      }
      if (cached && now - cached.at < STALE_MS) return cached.actor;
      throw error;
    }
  }
}
