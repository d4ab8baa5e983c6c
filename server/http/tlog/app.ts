import { Hono, type Context } from "hono";
import { db } from "@/db/client";
import { notFound } from "@/server/core/errors";
import { getCheckpoint, getLogKeys, getTile } from "@/server/governance/log/read-log";
import type { HttpEnv } from "@/server/kit/app-env";
import { problem } from "@/server/kit/problem";

const SHORT = "public, max-age=5";
const FOREVER = "public, max-age=31536000, immutable";

type Handler = (c: Context<HttpEnv>) => Promise<Response>;

/** Nobody signs in to read the log: credentials that come along are not even looked at. */
const anonymous = (c: Context<HttpEnv>) => ({
  db: db(),
  requestId: c.get("requestId"),
  actor: undefined,
});

const answer = (body: string | Uint8Array, type: string, cache: string): Response =>
  new Response(typeof body === "string" ? body : new Uint8Array(body), {
    headers: { "content-type": type, "cache-control": cache, "access-control-allow-origin": "*" },
  });

/** The transparency log as C2SP tlog-tiles reads it, and the public keys with which outsiders check everything. */
export function tlogApp(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  const get = (path: string, handler: Handler) =>
    app.get(path, (c) => handler(c).catch((error: unknown) => problem(c, error)));
  get("/checkpoint", async (c) => {
    const { checkpoint } = await getCheckpoint.execute(anonymous(c), {});
    if (!checkpoint) throw notFound("checkpoint", "of an empty log");
    return answer(checkpoint.note, "text/plain; charset=utf-8", SHORT);
  });
  get("/tile/*", async (c) => {
    const path = c.req.path.slice(c.req.path.indexOf("tile/"));
    const { bytes } = await getTile.execute(anonymous(c), { path });
    return answer(bytes, "application/octet-stream", FOREVER);
  });
  get("/keys.json", async (c) => {
    const keys = await getLogKeys.execute(anonymous(c), {});
    return answer(JSON.stringify(keys, null, 2), "application/json", SHORT);
  });
  get("/trusted-root.json", async (c) => {
    const { trustedRoot } = await getLogKeys.execute(anonymous(c), {});
    return answer(JSON.stringify(trustedRoot, null, 2), "application/json", SHORT);
  });
  get("/keys/:file{[0-9a-f]{64}\\.pem}", async (c) => {
    const id = (c.req.param("file") ?? "").replace(/\.pem$/, "");
    const { keys } = await getLogKeys.execute(anonymous(c), {});
    const key = keys.find((each) => each.keyId === id);
    if (!key) throw notFound("public key", id);
    return answer(key.pem, "application/x-pem-file", FOREVER);
  });
  return app;
}
