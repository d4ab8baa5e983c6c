// The gateway's own server, spool and drain on a route with a canary, so that the split works too.
import { readFileSync } from "node:fs";
import path from "node:path";
import { db } from "@/db/client";
import { createModelRuntime } from "@/server/adapters/model-runtime/model-runtime";
import { specOf } from "@/server/adapters/model-runtime/testing";
import { TokenActors } from "@/server/auth/token-actors";
import { env } from "@/server/core/env";
import { startDrainThread } from "@/server/serving/gateway/drain-thread";
import { createGatewayServer } from "@/server/serving/gateway/http-server";
import { routeKey, type Route } from "@/server/serving/gateway/routes";
import { SpoolWriter } from "@/server/serving/gateway/spool-writer";
import { Statistics } from "@/server/serving/gateway/oip/statistics";
import { withoutValues } from "@/server/serving/gateway/stored-form";
import { TEAM } from "../setup";
import { listen } from "./listen";

// A process for each of the two versions, as in production.
const runtime = createModelRuntime({ folder: path.join(env().home, "serving") });
const model = readFileSync(path.join(env().home, "model.onnx"));
const versionOf = async (id: string, number: number) => ({
  id,
  number,
  weightsDigest: "sha256:bench",
  runtimeKey: id,
  signature: await runtime.load(id, specOf(model)),
});
const route: Route = {
  deploymentId: "dep_bench",
  teamId: TEAM,
  name: "bench",
  environment: "production",
  generation: 1,
  feedbackTarget: null,
  stable: await versionOf("mv_stable", 1),
  canary: await versionOf("mv_canary", 2),
  rolloutId: "rol_bench",
  stage: 0,
  sharePercent: 10,
  digest: "sha256:route",
  refusals: [],
};
const routes = new Map([[routeKey(route.teamId, route.name), route]]);
const spool = new SpoolWriter({ folder: path.join(env().home, "spool"), reduce: withoutValues });
startDrainThread(new URL("../../server/gateway-drain.ts", import.meta.url));
listen(
  createGatewayServer({
    parts: {
      runtime,
      routes: () => routes,
      record: (record) => spool.appendSoon(record),
      statistics: new Statistics(),
    },
    callers: new TokenActors(db(), { freshMs: 2_000, staleMs: 0 }),
    version: "bench",
    isReady: () => true,
  }),
);
