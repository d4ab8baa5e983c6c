import { db } from "@/db/client";
import { liveHub } from "@/server/core/live-hub";
import { log } from "@/server/core/log";
import { allTicks, type Lease, type Tick } from "@/server/kit/handlers";
import { Leases } from "@/server/kit/leases";

const LOOK_MS = 2_000;
/** The first run of a tick that is rare: a worker that is often started anew must not put it off for ever. */
const FIRST_MS = 5_000;
/** Between runs that a message asks for: what comes meanwhile is done by the next. */
const WOKEN_MS = 100;

/** What runs everywhere has nothing to lose. */
const NO_LEASE: Lease = { token: 0, signal: new AbortController().signal, fence: async () => undefined };

/** Runs one tick for as long as its lease is ours: on its time, and sooner when it is woken. Returns what ends it. */
function keepRunning(tick: Tick, leases: Leases): () => void {
  let stopped = false;
  let isRunning = false;
  let endedMs = 0;
  let timer: NodeJS.Timeout | undefined;
  let dueMs = Number.POSITIVE_INFINITY;
  const schedule = (ms: number) => {
    const nextMs = performance.now() + ms;
    if (stopped || isRunning || nextMs >= dueMs) return;
    clearTimeout(timer);
    dueMs = nextMs;
    timer = setTimeout(() => void run(), ms).unref();
  };
  let wokenAgain = false;
  const run = async () => {
    isRunning = true;
    dueMs = Number.POSITIVE_INFINITY;
    wokenAgain = false;
    const lease = tick.everywhere ? NO_LEASE : leases.of(tick.name);
    try {
      if (lease) await tick.run(lease);
    } catch (error) {
      log.warn({ err: error, tick: tick.name }, "tick failed");
    } finally {
      isRunning = false;
      endedMs = performance.now();
      schedule(wokenAgain ? WOKEN_MS : tick.everyMs);
    }
  };
  const stopListening = tick.wokenBy
    ? liveHub().subscribe(tick.wokenBy, () => {
        wokenAgain = true;
        schedule(Math.max(0, WOKEN_MS - (performance.now() - endedMs)));
      })
    : undefined;
  schedule(Math.min(tick.everyMs, FIRST_MS));
  return () => {
    stopped = true;
    clearTimeout(timer);
    stopListening?.();
  };
}

/** Starts all ticks; each waits for its previous run, and a failure is logged and tried again next time. The end gives the leases back. */
export function startTicks(holder: string): () => Promise<void> {
  const leases = new Leases(db(), holder);
  const names = allTicks().flatMap((tick) => (tick.everywhere ? [] : [tick.name]));
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async () => {
    await leases
      .look(names)
      .catch((error: unknown) => log.warn({ err: error }, "leases could not be renewed"));
    if (!stopped) timer = setTimeout(() => void (looking = look()), LOOK_MS).unref();
  };
  let looking = look();
  const stops = allTicks().map((tick) => keepRunning(tick, leases));
  return async () => {
    stopped = true;
    clearTimeout(timer);
    for (const stop of stops) stop();
    await looking;
    await leases
      .release()
      .catch((error: unknown) => log.warn({ err: error }, "leases could not be given back"));
  };
}
