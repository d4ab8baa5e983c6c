import path from "node:path";
import { Gauge } from "prom-client";
import { db } from "@/db/client";
import { createModelRuntime } from "@/server/adapters/model-runtime/model-runtime";
import { TokenActors } from "@/server/auth/token-actors";
import { attestorSigner, objectStore } from "@/server/composition";
import { env } from "@/server/core/env";
import { heartbeat, PRODUCT_VERSION } from "@/server/core/heartbeat";
import { liveHub } from "@/server/core/live-hub";
import { log } from "@/server/core/log";
import { metricsRegistry } from "@/server/core/metrics";
import type { PredictionRecord } from "@/server/serving/gateway/gateway";
import { createGatewayServer } from "@/server/serving/gateway/http-server";
import { startDrainThread, type DrainThread } from "@/server/serving/gateway/drain-thread";
import { GatewayMetrics } from "@/server/serving/gateway/metrics";
import { RouteFollower } from "@/server/serving/gateway/route-follower";
import { SpoolWriter } from "@/server/serving/gateway/spool-writer";

/** While the database is away, a caller known before is still served. */
const TOKENS = { freshMs: 2_000, staleMs: 10 * 60_000 };
const STOP_MS = 3_000;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function gauge(name: string, help: string, read: () => number): Gauge {
  const made: Gauge = new Gauge({
    name,
    help,
    registers: [metricsRegistry],
    collect: () => made.set(read()),
  });
  return made;
}

function openSpool(home: string): SpoolWriter {
  const spool = new SpoolWriter({ folder: path.join(home, "spool") });
  gauge(
    "modelworks_spool_bytes",
    "Bytes of predictions that wait for the database",
    () => spool.backlogBytes,
  );
  gauge("modelworks_predictions_dropped", "Predictions that did not fit the spool", () => spool.dropped);
  return spool;
}

/** The gateway process: inference traffic. It goes on with the routes it has while the database is away. */
async function main() {
  const { gatewayPort, host, home, sharesModelProcesses, modelDeadlineMs } = env();
  const runtime = createModelRuntime({
    folder: path.join(home, "serving"),
    ceilingMs: modelDeadlineMs,
    sharing: sharesModelProcesses,
  });
  const spool = openSpool(home);
  let follower: RouteFollower | undefined;
  let drain: DrainThread | undefined;
  let stopping = false;

  const beat = heartbeat("gateway", () => ({
    // Silent until it has looked: nobody must take "not yet" for "all is served".
    ...(follower?.knowsRoutes ? { routes: follower.generations(), serving: follower.report() } : {}),
    spoolBytes: spool.backlogBytes,
    dropped: spool.dropped,
  }));
  const changed = () => {
    beat.now();
    // Loading its code would compete with the start; what is answered before waits on disk.
    if (follower?.isReady) drain ??= startDrainThread(new URL("gateway-drain.ts", import.meta.url));
  };
  const callers = new TokenActors(db(), TOKENS);
  liveHub().subscribe("mw_access", () => callers.forget());
  liveHub().subscribe("mw_routes", (deploymentId) => follower?.look(deploymentId));

  const metrics = new GatewayMetrics({
    registry: metricsRegistry,
    runtime,
    served: () => follower?.served() ?? [],
  });
  const record = (prediction: PredictionRecord) => {
    metrics.observe(prediction);
    return spool.append(prediction);
  };
  const server = createGatewayServer({
    parts: { runtime, routes: () => (follower?.knowsRoutes ? follower.routes : undefined), record },
    callers,
    version: PRODUCT_VERSION,
    isReady: () => follower?.isReady ?? false,
  });
  server.listen(gatewayPort, host, () => log.info({ port: gatewayPort, host }, "gateway is listening"));

  const stop = async () => {
    if (stopping) return;
    stopping = true;
    server.close();
    server.closeIdleConnections();
    await Promise.race([Promise.all([follower?.stop(), drain?.stop(), beat.stop()]), pause(STOP_MS)]);
    spool.close();
    await Promise.race([runtime.close(), pause(STOP_MS)]);
    process.exit(0);
  };
  process.on("SIGTERM", () => void stop());
  process.on("SIGINT", () => void stop());

  const attestorKeyPem = (await attestorSigner()).publicKeyPem;
  follower = new RouteFollower({
    db: db(),
    store: objectStore(),
    attestorKeyPem,
    runtime,
    onChange: changed,
  });
}

process.on("unhandledRejection", (error) => log.error({ err: error }, "unhandled rejection"));

await main();
