import type { Context } from "hono";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { HttpEnv } from "./app-env";

/** Answers 200 with JSON that is already text. On a plain server it is written at once: a Response with its stream costs as much as the rest. */
export function sendJson(c: Context<HttpEnv>, text: string, requestId: string): Response {
  const headers = { "content-type": "application/json", "x-request-id": requestId };
  const outgoing = c.env?.outgoing;
  if (!outgoing) return new Response(text, { headers });
  outgoing.writeHead(200, { ...headers, "content-length": Buffer.byteLength(text) });
  outgoing.end(text);
  return RESPONSE_ALREADY_SENT;
}
