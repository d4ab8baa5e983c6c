import { sql } from "drizzle-orm";
import { sharedDb } from "@/db/client";
import { log } from "@/server/core/log";
import { allTicks } from "@/server/kit/handlers";

/** A lock number of our own name space for each tick. */
const lockOf = (name: string) => sql`hashtextextended(${`modelworks-tick:${name}`}, 7203)`;

async function runOnce(name: string, run: () => Promise<void>): Promise<void> {
  await sharedDb().db.transaction(async (tx) => {
    const { rows } = await tx.execute<{ got: boolean }>(
      sql`select pg_try_advisory_xact_lock(${lockOf(name)}) as got`,
    );
    if (rows[0]?.got) await run();
  });
}

/** Starts all ticks; each waits for its previous run, and a failure is logged and tried again next time. */
export function startTicks(): () => void {
  let stopped = false;
  for (const tick of allTicks()) {
    const again = () => {
      if (stopped) return;
      setTimeout(() => {
        runOnce(tick.name, tick.run)
          .catch((error: unknown) => log.warn({ err: error, tick: tick.name }, "tick failed"))
          .finally(again);
      }, tick.everyMs).unref();
    };
    again();
  }
  return () => {
    stopped = true;
  };
}
