import { Hono, type Context } from "hono";
import type { Caller } from "@/server/core/context";
import { exactJsonText, parseExactJson } from "@/server/core/exact-json";
import { invalid, invalidField } from "@/server/core/errors";
import type { HttpEnv } from "./app-env";
import { boundedText } from "./body";
import { endingWithAccess } from "./ending-with-access";
import { problem } from "./problem";
import { keyedRequest, withIdempotency } from "./idempotency";
import type { RestRoute } from "./rest";

const MAX_JSON_BYTES = 4 * 1024 * 1024;

async function jsonBody(c: Context<HttpEnv>): Promise<Record<string, unknown>> {
  if (c.req.method === "GET" || c.req.method === "HEAD") return {};
  const text = await boundedText(c, MAX_JSON_BYTES);
  if (text.trim() === "") return {};
  try {
    const value: unknown = parseExactJson(text);
    if (value !== null && typeof value === "object" && !Array.isArray(value)) return { ...value };
  } catch {
    throw invalid("The body is not valid JSON.", "Send a JSON object with content-type application/json.");
  }
  throw invalid("The body must be a JSON object.", "Wrap the values in an object.");
}

/** What the address says is not said otherwise beside it: whichever of the two went unread would be missed. */
function inputOf(c: Context<HttpEnv>, body: Record<string, unknown>): Record<string, unknown> {
  const path: Record<string, string> = c.req.param();
  const query = c.req.query();
  for (const [name, value] of Object.entries({ ...query, ...path })) {
    for (const other of [query[name], body[name]])
      if (other !== undefined && other !== null && String(other) !== value)
        throw invalidField(
          name,
          `is ${value} in the address, and something else beside it`,
          `Say ${name} once.`,
        );
  }
  return { ...query, ...body, ...path };
}

async function handle(c: Context<HttpEnv>, route: RestRoute): Promise<Response> {
  if (route.stream) return endingWithAccess(c, route.verb.definition.permission, await route.stream(c));
  const caller = await c.get("caller")();
  const body = await jsonBody(c);
  const input = inputOf(c, body);
  const run = async (by: Caller) => {
    const result = await route.verb.execute(by, input);
    return { status: route.status, body: exactJsonText(result ?? {}) };
  };
  const key = c.req.header("idempotency-key");
  const answer =
    key && route.verb.kind === "mutation"
      ? await withIdempotency(caller, keyedRequest(route, key, input), run)
      : await run(caller);
  return new Response(answer.body, {
    status: answer.status,
    headers: {
      "content-type": "application/json",
      "x-request-id": caller.requestId,
      "cache-control": "no-store",
    },
  });
}

/** The REST door: every route of every domain under one roof, with problem documents for all failures. */
export function restApp(routes: readonly RestRoute[]): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  for (const route of routes) {
    const path = route.path.replace(/\{(\w+)\}/g, ":$1");
    const handler = async (c: Context<HttpEnv>) => {
      try {
        return await handle(c, route);
      } catch (error) {
        return problem(c, error);
      }
    };
    app.on(route.method.toUpperCase(), path, handler);
  }
  return app;
}
