import { createServer } from "node:http";
import next from "next";
import { answerUnreadable } from "@/server/core/client-error";
import { env } from "@/server/core/env";
import { log } from "@/server/core/log";
import { forwardedFor } from "@/server/core/trusted-proxies";
import { heartbeat } from "@/server/core/heartbeat";
import { isDataPlane } from "@/server/house/http-app";
import { dataPlane } from "@/server/house/data-plane";
import { isMalformedAddress, refuseMalformedAddress } from "@/server/kit/malformed-address";

/** The portal process: data plane (Hono) and pages (Next) on one port. */
async function main() {
  const { port, host, dev, trustedProxies } = env();
  process.env.AUTH_TRUST_HOST ??= "true";
  const server = createServer({ keepAliveTimeout: 65_000, headersTimeout: 70_000, requestTimeout: 0 });
  const pages = next({ dev, hostname: host, port, httpServer: server, dir: process.cwd() });
  await pages.prepare();
  const renderPage = pages.getRequestHandler();
  const answerProgram = dataPlane();
  server.on("request", (req, res) => {
    const path = (req.url ?? "/").split("?", 1)[0] ?? "/";
    const forwarded = req.headers["x-forwarded-for"];
    req.headers["x-forwarded-for"] = forwardedFor(trustedProxies, req.socket.remoteAddress, forwarded);
    if (isMalformedAddress(path)) refuseMalformedAddress(res, path, req.headers.accept);
    else if (isDataPlane(path)) answerProgram(req, res);
    else void renderPage(req, res);
  });
  answerUnreadable(server, (status, message) => ({
    type: "application/problem+json",
    body: { type: "https://modelworks.dev/problems/unreadable", title: message, status, code: "invalid" },
  }));
  const beat = heartbeat("portal");
  server.listen(port, host, () => log.info({ port, host }, "portal is listening"));
  const stop = () => {
    setTimeout(() => process.exit(0), 3_000).unref();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    void Promise.all([closed, beat.stop()]).finally(() => process.exit(0));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

await main();
