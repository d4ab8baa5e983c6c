import { heartbeat } from "@/server/core/heartbeat";
import { log } from "@/server/core/log";
import { launchEngine, startSweeper, stopEngine } from "@/server/durable/engine";
import { outlastOutage } from "@/server/durable/transient";
import { startDispatcher } from "@/server/worker/dispatch-outbox";
import { startTicks } from "@/server/worker/tick";
import "@/server/worker/domains";

const STOP_GRACE_MS = 5_000;

/** The worker process: durable workflows, event handlers and reconcilers. Any number may run. */
async function main() {
  let inFlight = () => 0;
  const beat = heartbeat("worker", () => ({ inFlight: inFlight() }));
  await outlastOutage("launch", () => launchEngine(beat.id));
  const dispatcher = startDispatcher();
  inFlight = dispatcher.inFlight;
  const stopSweeper = startSweeper(beat.id);
  const stopTicks = startTicks();
  process.send?.("ready");
  log.info({ executor: beat.id }, "worker is ready");
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    stopTicks();
    stopSweeper();
    const timer = setTimeout(() => process.exit(0), STOP_GRACE_MS);
    await dispatcher.stop();
    await stopEngine();
    beat.stop();
    clearTimeout(timer);
    process.exit(0);
  };
  process.on("SIGTERM", () => void stop());
  process.on("SIGINT", () => void stop());
}

process.on("unhandledRejection", (error) => log.error({ err: error }, "unhandled rejection"));

await main();
