import { Hono, type Context } from "hono";
import type { Caller } from "@/server/core/context";
import type { HttpEnv } from "@/server/kit/app-env";
import { withIdempotency } from "@/server/kit/idempotency";
import { sendJson } from "@/server/kit/send-json";
import { artifactApp } from "./artifacts";
import { loggedModelEndpoints } from "./logged-models";
import { registryEndpoints } from "./registry";
import { experimentEndpoints, runEndpoints } from "./tracking";
import { readParams, requireParams, wireError, wireJson, type Endpoint, type Params } from "./wire";

/** Tells clients which behaviour to expect; below 3.4, so that they do not send spans by OTLP. */
const REPORTED_VERSION = "3.3.2";

export const mlflowEndpoints: readonly Endpoint[] = [
  ...experimentEndpoints,
  ...runEndpoints,
  ...loggedModelEndpoints,
  ...registryEndpoints,
];

type SignedIn = Awaited<ReturnType<HttpEnv["Variables"]["caller"]>>;

async function answer(c: Context<HttpEnv>, endpoint: Endpoint, caller: SignedIn, params: Params) {
  requireParams(params, endpoint.required ?? []);
  const run = async (as: Caller) => ({
    status: 200,
    body: wireJson((await endpoint.run(as, params)) ?? {}),
  });
  const key = endpoint.method === "GET" ? undefined : c.req.header("idempotency-key");
  const route = `${endpoint.method} mlflow${endpoint.path}`;
  const { body } = await (key ? withIdempotency(caller, { route, key, input: params }, run) : run(caller));
  return sendJson(c, body, caller.requestId);
}

function rpcApp(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.onError((error, c) => wireError(c, error));
  for (const endpoint of mlflowEndpoints) {
    app.on(endpoint.method, endpoint.path, async (c) => {
      const caller = await c.get("caller")();
      const params = { ...(await readParams(c)), ...c.req.param() };
      return answer(c, endpoint, caller, params).catch((error: unknown) => wireError(c, error, params));
    });
  }
  app.all("*", (c) =>
    c.json({ error_code: "ENDPOINT_NOT_FOUND", message: `There is no ${c.req.method} ${c.req.path}.` }, 404),
  );
  return app;
}

/** MLflow's REST API, so that an unmodified client works with MLFLOW_TRACKING_URI set to the portal. */
export function mlflowApp(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.get("/version", (c) => c.text(REPORTED_VERSION));
  for (const base of ["/api/2.0", "/ajax-api/2.0"]) {
    app.route(`${base}/mlflow-artifacts`, artifactApp());
    app.route(`${base}/mlflow`, rpcApp());
  }
  app.all("/api/3.0/*", (c) =>
    c.json({ error_code: "ENDPOINT_NOT_FOUND", message: `There is no ${c.req.method} ${c.req.path}.` }, 404),
  );
  return app;
}
