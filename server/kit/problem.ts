import type { Context } from "hono";
import { HTTP_STATUS, isAppError, toPublicError } from "@/server/core/errors";
import { log } from "@/server/core/log";
import type { HttpEnv } from "./app-env";

/** RFC 9457 problem document of any error; an unknown one is logged and shows its request id alone. */
export function problem(c: Context<HttpEnv>, error: unknown): Response {
  const requestId = c.get("requestId");
  const shown = toPublicError(error, requestId);
  if (!isAppError(error)) log.error({ err: error, requestId, path: c.req.path }, "request failed");
  const headers: Record<string, string> = {
    "content-type": "application/problem+json",
    "x-request-id": requestId,
  };
  if (shown.code === "unauthenticated") headers["www-authenticate"] = 'Bearer realm="modelworks"';
  const retryAfter = shown.details?.retryAfterSeconds;
  if (typeof retryAfter === "number") headers["retry-after"] = String(retryAfter);
  const status = HTTP_STATUS[shown.code];
  return new Response(
    JSON.stringify({
      type: `https://modelworks.dev/problems/${shown.code.replaceAll("_", "-")}`,
      title: shown.message,
      status,
      code: shown.code,
      detail: shown.hint,
      requestId,
      ...(shown.details ? { details: shown.details } : {}),
    }),
    { status, headers },
  );
}
