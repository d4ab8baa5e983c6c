import type { Context } from "hono";
import type { Caller } from "@/server/core/context";
import {
  HTTP_STATUS,
  isAppError,
  toPublicError,
  type ErrorCode,
  AppError,
  invalid,
  invalidField,
} from "@/server/core/errors";
import { exactJsonText, parseExactJson } from "@/server/core/exact-json";
import { log } from "@/server/core/log";
import type { HttpEnv } from "@/server/kit/app-env";
import { boundedText } from "@/server/kit/body";
import { messageInWords } from "./error-words";

/** Far above the protocol's own limit for a batch; schemas and profiles of datasets may be large. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

export type Params = Record<string, unknown>;

/** One rpc of the protocol: verb and path, required parameters, and the translation to our verbs and back. */
export interface Endpoint {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Under /api/2.0/mlflow. */
  path: string;
  required?: readonly string[];
  run: (caller: Caller, params: Params) => Promise<unknown>;
}

const ERROR_CODE: Record<ErrorCode, string> = {
  not_found: "RESOURCE_DOES_NOT_EXIST",
  forbidden: "PERMISSION_DENIED",
  unauthenticated: "UNAUTHENTICATED",
  invalid: "INVALID_PARAMETER_VALUE",
  conflict: "RESOURCE_CONFLICT",
  precondition_failed: "INVALID_PARAMETER_VALUE",
  quota_exceeded: "PERMISSION_DENIED",
  rate_limited: "REQUEST_LIMIT_EXCEEDED",
  unavailable: "TEMPORARILY_UNAVAILABLE",
  timed_out: "TEMPORARILY_UNAVAILABLE",
  internal: "INTERNAL_ERROR",
};

/** Answers an error as the protocol does: status, `error_code`, `message` with the next step in it. */
export function wireError(c: Context<HttpEnv>, error: unknown, params: Params = {}): Response {
  const requestId = c.get("requestId");
  const shown = toPublicError(error, requestId);
  if (!isAppError(error)) log.error({ err: error, requestId, path: c.req.path }, "request failed");
  const exists = shown.details?.reason === "already_exists";
  const status = exists || shown.code === "precondition_failed" ? 400 : HTTP_STATUS[shown.code];
  const body = {
    error_code: exists ? "RESOURCE_ALREADY_EXISTS" : ERROR_CODE[shown.code],
    message: messageInWords(shown, params),
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", "x-request-id": requestId },
  });
}

/** Drops what is unset, as the protocol's JSON leaves it out; NaN goes out as a string, which its readers accept. */
export function wireJson(value: unknown): string {
  return exactJsonText(value, (_key, item: unknown) => {
    if (item === null) return undefined;
    if (typeof item === "number" && !Number.isFinite(item)) return String(item);
    return item;
  });
}

function queryParams(c: Context<HttpEnv>): Params {
  const params: Params = {};
  if (!c.req.url.includes("?")) return params;
  for (const [key, values] of Object.entries(c.req.queries()))
    params[key] = values.length > 1 ? values : values[0];
  return params;
}

/** The body of any method (DELETE included); a JSON text that holds JSON once more is accepted from old clients. */
export async function readParams(c: Context<HttpEnv>): Promise<Params> {
  const params = queryParams(c);
  if (c.req.method === "GET") return params;
  const text = await boundedText(c, MAX_BODY_BYTES);
  if (text.trim() === "") return params;
  let value: unknown;
  try {
    value = parseExactJson(text);
    if (typeof value === "string") value = parseExactJson(value);
  } catch {
    throw invalid("The request body is not valid JSON.");
  }
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw invalid("The request body must be a JSON object.");
  return { ...params, ...value };
}

export function requireParams(params: Params, required: readonly string[]): void {
  for (const name of required) {
    const value = name === "run_id" ? runIdOf(params) : params[name];
    if (value !== undefined && value !== null && value !== "") continue;
    throw new AppError(
      "invalid",
      `Missing value for required parameter '${name}'. See the API docs for more information about request parameters.`,
    );
  }
}

/** A list of a body, as it was sent: what is none is refused by its name. */
export const list = (value: unknown): unknown => value ?? [];
/** A list of an address, in which one value looks like none. */
export const listed = (value: unknown): unknown[] =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
/** A text that may be left out; numbers are not taken for their digits, as the protocol's own server does not. */
export function text(params: Params, name: string): string {
  const value = params[name] ?? "";
  if (typeof value !== "string") throw invalidField(name, "must be text");
  return value;
}

/** The fields of a message that we read; clients of other versions send more, which the protocol leaves unread. */
export function fieldsOf(value: unknown, names: readonly string[]): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => names.includes(name)));
}
/** What is read of each message in a list of a body. */
export function eachOf(value: unknown, read: (item: unknown) => unknown): unknown {
  const items = list(value);
  return Array.isArray(items) ? items.map(read) : items;
}
export const pairs = (value: unknown): unknown => eachOf(value, (pair) => fieldsOf(pair, ["key", "value"]));

export const runIdOf = (params: Params): unknown => params.run_id ?? params.run_uuid;
/** Optional parameters: the protocol's clients send null or leave them out. */
export const given = (value: unknown): unknown => (value === null || value === "" ? undefined : value);

/** A folder within an artifact root. @throws AppError `invalid` in the protocol's own words for one that climbs out of it */
export function folderIn(root: string, path: unknown): string {
  if (typeof path !== "string") return root;
  if (path.split(/[/\\]/).includes("..")) throw invalid("Invalid path");
  return `${root}/${path}`;
}

/** Ids are strings of digits; numbers are tolerated. */
export const idOrUnset = (value: unknown): unknown =>
  typeof value === "number" || typeof value === "bigint" ? String(value) : (value ?? undefined);
