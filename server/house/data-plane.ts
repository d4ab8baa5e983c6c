import type { RequestListener } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { db } from "@/db/client";
import { TokenActors } from "@/server/auth/token-actors";
import { liveHub } from "@/server/core/live-hub";
import { httpRequests, httpSeconds } from "@/server/core/metrics";
import { createHttpApp } from "./http-app";

/** Training loops send many small requests with one token. */
const TOKENS = { freshMs: 1_000, staleMs: 0 };

/** The data plane as a listener of a plain server; counts and times what it answers. */
export function dataPlane(): RequestListener {
  const tokens = new TokenActors(db(), TOKENS);
  liveHub().subscribe("mw_access", () => tokens.forget());
  const app = createHttpApp({ actorOfToken: (token) => tokens.actor(token) });
  const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return (req, res) => {
    const end = httpSeconds.startTimer({ method: req.method ?? "GET" });
    res.on("finish", () => {
      end();
      httpRequests.inc({ method: req.method ?? "GET", status: String(res.statusCode) });
    });
    // A browser must never take an answer of the data plane for a page.
    res.setHeader("x-content-type-options", "nosniff");
    void answer(req, res);
  };
}
