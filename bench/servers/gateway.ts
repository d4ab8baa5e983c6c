// The gateway's own server, spool and drain on a route with a canary, so that the split works too.
import path from "node:path";
import { db } from "@/db/client";
import { TokenActors } from "@/server/auth/token-actors";
import { env } from "@/server/core/env";
import { startDrainThread } from "@/server/serving/gateway/drain-thread";
import { createGatewayServer } from "@/server/serving/gateway/http-server";
import { routeKey, type Route } from "@/server/serving/gateway/routes";
import { SpoolWriter } from "@/server/serving/gateway/spool-writer";
import { withoutValues } from "@/server/serving/gateway/stored-form";
import { TEAM } from "../setup";
import { listen } from "./listen";
import { DIGEST, loadModel } from "./model";

const { runtime, signature } = await loadModel();
const version = { id: "mv_stable", number: 1, weightsDigest: DIGEST, signature };
const route: Route = {
  deploymentId: "dep_bench",
  teamId: TEAM,
  name: "bench",
  environment: "production",
  generation: 1,
  feedbackTarget: null,
  stable: version,
  canary: { ...version, id: "mv_canary", number: 2 },
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
    parts: { runtime, routes: () => routes, record: (record) => spool.append(record) },
    callers: new TokenActors(db(), { freshMs: 2_000, staleMs: 0 }),
    version: "bench",
    isReady: () => true,
  }),
);
