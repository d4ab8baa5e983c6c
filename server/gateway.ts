import path from "node:path";
import { Gauge } from "prom-client";
import { db } from "@/db/client";
import { createOnnxRuntime } from "@/server/adapters/model-runtime/onnx/runtime";
import { TokenActors } from "@/server/auth/token-actors";
import { attestorSigner, objectStore } from "@/server/composition";
import { env } from "@/server/core/env";
import { heartbeat, PRODUCT_VERSION } from "@/server/core/heartbeat";
import { liveHub } from "@/server/core/live-hub";
import { log } from "@/server/core/log";
import { metricsRegistry } from "@/server/core/metrics";
import { countSetAside } from "@/server/monitoring";
import { createGatewayServer } from "@/server/serving/gateway/http-server";
import { startDrainThread, type DrainThread } from "@/server/serving/gateway/drain-thread";
import { RouteBuilder, type Route } from "@/server/serving/gateway/routes";
import { SpoolReader } from "@/server/serving/gateway/spool-reader";
import { SpoolWriter } from "@/server/serving/gateway/spool-writer";
import { withoutValues } from "@/server/serving/gateway/stored-form";

const POLL_MS = 1_000;

/** While the database is away, a caller known before is still served. */
const TOKENS = { freshMs: 2_000, staleMs: 10 * 60_000 };

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const refusalsOf = (routes: ReadonlyMap<string, Route>) =>
  Object.fromEntries(
    [...routes.values()]
      .filter((route) => route.refusals.length > 0)
      .map((route) => [route.deploymentId, route.refusals]),
  );

/** The gateway process: inference traffic. It goes on with the routes it has while the database is away. */
async function main() {
  const { gatewayPort, host, home } = env();
  const runtime = createOnnxRuntime();
  const spool = new SpoolWriter({ folder: path.join(home, "spool"), reduce: withoutValues });
  // Looks at the folder alone, beside the thread that empties it.
  const waiting = new SpoolReader(path.join(home, "spool"));
  const waitingMs = () => Math.max(0, Date.now() - (waiting.oldestAtMs() ?? Date.now()));
  let routes: ReadonlyMap<string, Route> = new Map();
  let ready = false;
  let stopping = false;

  const beat = heartbeat("gateway", () => ({
    routes: Object.fromEntries([...routes.values()].map((route) => [route.deploymentId, route.generation])),
    // Silent until it has looked: nobody must take "not yet" for "all is served".
    ...(ready ? { refused: refusalsOf(routes) } : {}),
    spoolBytes: spool.backlogBytes,
    spoolOldestMs: waitingMs(),
    dropped: spool.dropped,
  }));
  const gauge = (name: string, help: string, read: () => number | Promise<number>) =>
    new Gauge({
      name,
      help,
      registers: [metricsRegistry],
      async collect() {
        this.set(await read());
      },
    });
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

  let wake: (() => void) | undefined;
  liveHub().subscribe("mw_routes", () => wake?.());
  let drain: DrainThread | undefined;
  const followRoutes = async () => {
    let builder: RouteBuilder | undefined;
    while (!stopping) {
      try {
        builder ??= new RouteBuilder(db(), objectStore(), runtime, (await attestorSigner()).publicKeyPem);
        const before = [...routes.values()].map((route) => route.digest).join();
        routes = await builder.build();
        ready = true;
        // Loading its code would compete with the start; what is answered before waits on disk.
        drain ??= startDrainThread(new URL("gateway-drain.ts", import.meta.url));
        if (before !== [...routes.values()].map((route) => route.digest).join()) beat.now();
        await builder.prune(routes.values());
      } catch (error) {
        log.warn({ err: error }, "routes could not be read; the present ones stay");
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, POLL_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const callers = new TokenActors(db(), TOKENS);
  liveHub().subscribe("mw_access", () => callers.forget());
  const server = createGatewayServer({
    parts: { runtime, routes: () => routes, record: (record) => spool.append(record) },
    callers,
    version: PRODUCT_VERSION,
    isReady: () => ready,
  });
  server.listen(gatewayPort, host, () => log.info({ port: gatewayPort, host }, "gateway is listening"));
  const following = followRoutes();
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    wake?.();
    server.close();
    server.closeIdleConnections();
    await Promise.race([Promise.all([following, drain?.stop(), beat.stop()]), pause(3_000)]);
    spool.close();
    process.exit(0);
  };
  process.on("SIGTERM", () => void stop());
  process.on("SIGINT", () => void stop());
}

process.on("unhandledRejection", (error) => log.error({ err: error }, "unhandled rejection"));

await main();
