import type { Context } from "hono";
import type { z } from "zod";
import type { Verb } from "@/server/core/verb";
import type { HttpEnv } from "./app-env";

export type Method = "get" | "post" | "put" | "patch" | "delete";

/** One REST route: which verb it executes. Path parameters, query and JSON body are merged into the verb's input. */
export interface RestRoute {
  method: Method;
  /** Under /api/v1, with `{name}` for parameters, as OpenAPI writes it. */
  path: string;
  verb: Verb;
  tag: string;
  /** 200, or 201/202 for what it creates. */
  status: 200 | 201 | 202;
  /** The answer holds a token or a one-time link: it is never stored. */
  holdsSecret?: boolean;
  /** For routes that read or write streams instead of JSON; the handler must execute `verb` itself. */
  stream?: (c: Context<HttpEnv>) => Promise<Response>;
  /** Media type of a streamed answer or request, for OpenAPI. */
  streams?: { request?: string; response?: string };
}

export function rest<S extends z.ZodType, O>(
  tag: string,
  method: Method,
  path: string,
  verb: Verb<S, O>,
  options: Partial<Pick<RestRoute, "status" | "holdsSecret" | "stream" | "streams">> = {},
): RestRoute {
  return {
    tag,
    method,
    path,
    verb: verb,
    status: options.status ?? 200,
    holdsSecret: options.holdsSecret ?? false,
    stream: options.stream,
    streams: options.streams,
  };
}
