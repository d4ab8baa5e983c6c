import path from "node:path";
import { Gauge } from "prom-client";
import { db } from "@/db/client";
import { createExternalRuntime } from "@/server/adapters/external-endpoint/external-runtime";
import { withEndpoints } from "@/server/adapters/external-endpoint/with-endpoints";
import { createModelRuntime } from "@/server/adapters/model-runtime/model-runtime";
import { TokenActors } from "@/server/auth/token-actors";
import { objectStore, pythonModels, secretKeys, trustedAttestorKeys } from "@/server/composition";
import { env } from "@/server/core/env";
import { heartbeat, PRODUCT_VERSION } from "@/server/core/heartbeat";
import { liveHub } from "@/server/core/live-hub";
import { log } from "@/server/core/log";
import { metricsRegistry } from "@/server/core/metrics";
import { credentialSource } from "@/server/registry";
import { countSetAside } from "@/server/monitoring";
import type { PredictionRecord } from "@/server/serving/gateway/gateway";
import { createGatewayServer } from "@/server/serving/gateway/http-server";
import { startDrainThread, type DrainThread } from "@/server/serving/gateway/drain-thread";
import { GatewayMetrics } from "@/server/serving/gateway/metrics";
import { RouteFollower } from "@/server/serving/gateway/route-follower";
import { SpoolReader } from "@/server/serving/gateway/spool-reader";
import { SpoolWriter } from "@/server/serving/gateway/spool-writer";
import { withoutValues } from "@/server/serving/gateway/stored-form";
import { Statistics } from "@/server/serving/gateway/oip/statistics";

/** While the database is away, a caller known before is still served. */
const TOKENS = { freshMs: 2_000, staleMs: 10 * 60_000 };
const STOP_MS = 3_000;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function gauge(name: string, help: string, read: () => number | Promise<number>): Gauge {
  const made: Gauge = new Gauge({
    name,
    help,
    registers: [metricsRegistry],
    collect: async () => made.set(await read()),
  });
  return made;
}

/** The spool's near end, and how long its oldest record has waited. */
function openSpool(home: string) {
  const spool = new SpoolWriter({ folder: path.join(home, "spool"), reduce: withoutValues });
  // Looks at the folder alone, beside the thread that empties it.
  const waiting = new SpoolReader(path.join(home, "spool"));
  const waitingMs = () => Math.max(0, Date.now() - (waiting.oldestAtMs() ?? Date.now()));
  gauge(
    "modelworks_spool_bytes",
    "Bytes of predictions that wait for the database",
    () => spool.backlogBytes,
  );
  gauge(
    "modelworks_spool_oldest_seconds",
    "Age of the oldest prediction that waits for the database",
    () => waitingMs() / 1000,
  );
  gauge("modelworks_predictions_set_aside", "Predictions that the database refused, of all gateways", () =>
    countSetAside(db()).catch(() => Number.NaN),
  );
  gauge("modelworks_predictions_dropped", "Predictions that did not fit the spool", () => spool.dropped);
  return { spool, waitingMs };
}

/** The gateway process: inference traffic. It goes on with the routes it has while the database is away. */
async function main() {
  const { gatewayPort, host, home, sharesModelProcesses, modelDeadlineMs, endpointHosts } = env();
  const own = createModelRuntime({
    folder: path.join(home, "serving"),
    ceilingMs: modelDeadlineMs,
    sharing: sharesModelProcesses,
    python: pythonModels(),
  });
  const elsewhere = createExternalRuntime({
    hosts: endpointHosts,
    credentials: credentialSource(db, secretKeys),
    ceilingMs: modelDeadlineMs,
  });
  const runtime = withEndpoints(own, elsewhere);
  const { spool, waitingMs } = openSpool(home);
  let follower: RouteFollower | undefined;
  let drain: DrainThread | undefined;
  let stopping = false;

  const beat = heartbeat("gateway", () => ({
    // Silent until it has looked: nobody must take "not yet" for "all is served".
    ...(follower?.knowsRoutes ? { routes: follower.generations(), serving: follower.report() } : {}),
    spoolBytes: spool.backlogBytes,
    spoolOldestMs: waitingMs(),
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
    return spool.appendSoon(prediction);
  };
  const server = createGatewayServer({
    parts: {
      runtime,
      routes: () => (follower?.knowsRoutes ? follower.routes : undefined),
      record,
      statistics: new Statistics(),
    },
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

  // Made on the first start of all, so that no look at the routes has to wait for it.
  await trustedAttestorKeys();
  follower = new RouteFollower({
    db: db(),
    store: objectStore(),
    attestorKeys: trustedAttestorKeys,
    runtime,
    onChange: changed,
  });
}

process.on("unhandledRejection", (error) => log.error({ err: error }, "unhandled rejection"));

await main();
