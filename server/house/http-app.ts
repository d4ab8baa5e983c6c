import { Hono, type Context } from "hono";
import { db } from "@/db/client";
import { actorOfRequest } from "@/server/auth/request-actor";
import type { Actor } from "@/server/core/actor";
import { env } from "@/server/core/env";
import { newId } from "@/server/core/ids";
import { log } from "@/server/core/log";
import type { HttpEnv } from "@/server/kit/app-env";
import { healthApp } from "./health";
import { problem } from "@/server/kit/problem";
import { protocolApps } from "./protocols";
import { restRoutes } from "./rest-routes";
import { openApiDocument } from "@/server/kit/openapi";
import { restApp } from "@/server/kit/rest-app";

const SLOW_MS = 2_000;

/** Failed and slow requests are always logged; `LOG_LEVEL=debug` logs every one. Paths only: a query may hold what a log must not. */
function logAnswer(c: Context<HttpEnv>, ms: number): void {
  const { status } = c.res;
  const level = status >= 500 || ms > SLOW_MS ? "warn" : "debug";
  if (!log.isLevelEnabled(level)) return;
  const { method, path } = c.req;
  log[level]({ requestId: c.get("requestId"), method, path, status, ms: Math.round(ms) }, "answered");
}

const REQUEST_ID = /^[\w.-]{1,80}$/;

export interface HttpAppOptions {
  /** Who a token belongs to; asks the database each time unless given. */
  actorOfToken?: (token: string) => Promise<Actor>;
}

/** The data plane: everything that answers programs rather than people, in front of Next on the same port. */
export function createHttpApp(options: HttpAppOptions = {}): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.use(async (c, next) => {
    const given = c.req.header("x-request-id");
    const requestId = given && REQUEST_ID.test(given) ? given : newId("request");
    c.set("requestId", requestId);
    c.set("caller", async () => ({
      db: db(),
      requestId,
      actor: await actorOfRequest(db(), c.req.raw.headers, c.req.method, options.actorOfToken),
    }));
    const startedMs = performance.now();
    await next();
    logAnswer(c, performance.now() - startedMs);
  });
  app.onError((error, c) => problem(c, error));
  app.route("/", healthApp());
  app.route("/api/v1", restApp(restRoutes));
  app.get("/api/openapi.json", (c) => c.json(openApiDocument(restRoutes, env().portalUrl)));
  for (const { path, app: protocol } of protocolApps()) app.route(path, protocol);
  app.all("/api/*", (c) =>
    c.json(
      {
        type: "https://modelworks.dev/problems/not-found",
        title: `There is no ${c.req.method} ${c.req.path}.`,
        status: 404,
        code: "not_found",
        detail: "See /api/openapi.json for what there is.",
        requestId: c.get("requestId"),
      },
      404,
    ),
  );
  return app;
}

const NEXT_OWNS = ["/api/trpc", "/api/auth"];
const DATA_PLANE = [
  "/api/",
  "/ajax-api/",
  "/v1/",
  "/log/tile/",
  "/log/keys/",
  "/log/checkpoint",
  "/log/keys.json",
  "/log/trusted-root.json",
  "/metrics",
  "/health",
  "/version",
];

/** Whether a path belongs to the data plane; all else is Next's. */
export function isDataPlane(path: string): boolean {
  if (NEXT_OWNS.some((prefix) => path === prefix || path.startsWith(`${prefix}/`))) return false;
  return DATA_PLANE.some((prefix) => (prefix.endsWith("/") ? path.startsWith(prefix) : path === prefix));
}
