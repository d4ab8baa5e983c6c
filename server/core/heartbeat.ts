import os from "node:os";
import { eq, sql } from "drizzle-orm";
import { db } from "@/db/client";
import { processes } from "@/db/schema";
import { newId } from "./ids";
import { log } from "./log";

const BEAT_MS = 2_000;
const holder = globalThis as typeof globalThis & { modelworksProcessId?: string };

/** The id under which this process announces itself; undefined where nothing does, as in a script. */
export const ownProcessId = (): string | undefined => holder.modelworksProcessId;
export const PRODUCT_VERSION = "0.1.0";

export interface Heartbeat {
  id: string;
  /** Beats at once, when what it says has changed. */
  now: () => void;
  /** Ends after the beat that is under way, and takes the announcement back. */
  stop: () => Promise<void>;
}

/**
 * Announces this process and says every 2 s that it lives. A database that is away is no reason to die: the next beat says it again.
 * `info` is read at each beat and shown in the admin console.
 */
export function heartbeat(
  kind: "portal" | "worker" | "gateway",
  info: () => Record<string, unknown> = () => ({}),
): Heartbeat {
  const id = newId("process");
  holder.modelworksProcessId = id;
  const startedAt = new Date();
  const beat = async () => {
    // By the database's clock, which those who look at it compare it with.
    const row = { seenAt: sql`now()`, info: info() };
    await db()
      .insert(processes)
      .values({
        id,
        kind,
        host: os.hostname(),
        pid: process.pid,
        version: PRODUCT_VERSION,
        startedAt,
        ...row,
      })
      .onConflictDoUpdate({ target: processes.id, set: row });
  };
  // One after another: a beat that is late must not announce what has gone.
  let last = Promise.resolve();
  let stopped = false;
  const next = () => {
    last = last
      .then(() => (stopped ? undefined : beat()))
      .catch((error: unknown) => log.warn({ err: error }, "heartbeat failed"));
  };
  next();
  const timer = setInterval(next, BEAT_MS);
  return {
    id,
    now: next,
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await last;
      await db()
        .delete(processes)
        .where(eq(processes.id, id))
        .catch((error: unknown) => log.warn({ err: error }, "the last heartbeat failed"));
    },
  };
}
