import { setTimeout as delay } from "node:timers/promises";
import { eq } from "drizzle-orm";
import { db } from "@/db/client";
import { processes } from "@/db/schema";
import { cluster } from "@/server/composition";
import { heartbeat } from "@/server/core/heartbeat";
import { log } from "@/server/core/log";
import { launchEngine, startSweeper, stopEngine } from "@/server/durable/engine";
import { outlastOutage } from "@/server/durable/transient";
import { startDispatcher, type Dispatcher } from "@/server/worker/dispatch-outbox";
import { startTicks } from "@/server/worker/tick";
import { loadJobs } from "@/server/house/load-jobs";

const STOP_GRACE_MS = 5_000;

/** Waits until the others can see this process: a workflow of an executor without a row would be taken over at once. */
async function announced(id: string): Promise<void> {
  const seen = async () => (await db().select().from(processes).where(eq(processes.id, id))).length > 0;
  while (!(await outlastOutage("heartbeat", seen))) await delay(50);
}

/** The worker process: durable workflows, event handlers and reconcilers. Any number may run. */
async function main() {
  await loadJobs();
  let dispatcher: Dispatcher | undefined;
  let jobIsolation = {};
  const place = await cluster().place();
  const beat = heartbeat("worker", () => ({
    ...jobIsolation,
    place,
    inFlight: dispatcher?.inFlight() ?? 0,
    deadLetters: dispatcher?.deadLetters() ?? 0,
  }));
  await announced(beat.id);
  void cluster()
    .isolation()
    .then((level) => {
      jobIsolation = { jobIsolation: level };
      beat.now();
    });
  await outlastOutage("launch", () => launchEngine(beat.id));
  const running = startDispatcher();
  dispatcher = running;
  const stopSweeper = startSweeper(beat.id);
  const stopTicks = startTicks(beat.id);
  process.send?.("ready");
  log.info({ executor: beat.id }, "worker is ready");
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    stopSweeper();
    const inOrder = Promise.all([stopTicks(), running.stop()]).then(stopEngine);
    await Promise.race([inOrder, delay(STOP_GRACE_MS)]);
    await beat.stop();
    process.exit(0);
  };
  process.on("SIGTERM", () => void stop());
  process.on("SIGINT", () => void stop());
}

process.on("unhandledRejection", (error) => log.error({ err: error }, "unhandled rejection"));

await main();
