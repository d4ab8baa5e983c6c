import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { Duplex } from "node:stream";
import { unauthenticated } from "@/server/core/context";
import { AppError, isAppError, notFound, toPublicError } from "@/server/core/errors";
import type { Actor } from "@/server/core/actor";
import { newId } from "@/server/core/ids";
import { log } from "@/server/core/log";
import { metricsRegistry } from "@/server/core/metrics";
import {
  errorAnswer,
  findRoute,
  infer,
  metadataOf,
  parseBody,
  type Answer,
  type GatewayParts,
} from "./gateway";
import { serverMetadata } from "./oip/messages";
import { BodyRefused, readBody } from "./read-body";

const BEARER = /^Bearer\s+(\S+)$/i;
const MODEL_PATH = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?(?:\/(infer|ready))?$/;

export interface GatewayServerOptions {
  parts: GatewayParts;
  callers: { actor(token: string): Promise<Actor> };
  version: string;
  /** Whether every deployment's versions have been tried. */
  isReady: () => boolean;
  limits?: Partial<ConnectionLimits>;
}

/** How long a client may take; who takes longer makes room for others. */
export interface ConnectionLimits {
  headersMs: number;
  /** Headers and body together. */
  requestMs: number;
  /** Without a byte either way: a client that does not take its answer. It outlasts the longest answer. */
  silenceMs: number;
  /** Between two requests of one connection. */
  idleMs: number;
}

const LIMITS: ConnectionLimits = {
  headersMs: 10_000,
  requestMs: 30_000,
  silenceMs: 11 * 60_000,
  idleMs: 65_000,
};

const header = (req: IncomingMessage, name: string): string | undefined => {
  const value = req.headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
};

function send(res: ServerResponse, answer: Answer) {
  const body = JSON.stringify(answer.body);
  res.writeHead(answer.status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    ...answer.headers,
  });
  res.end(body);
}

/** The name in a path. @throws AppError `not_found` where the escapes are broken: no deployment has such a name. */
function nameOf(escaped: string): string {
  try {
    return decodeURIComponent(escaped);
  } catch {
    throw notFound("deployment", escaped);
  }
}

const notAllowed = (allow: string): Answer => ({
  status: 405,
  body: { error: `Use ${allow} here.` },
  headers: { allow },
});

const isRead = (req: IncomingMessage) => req.method === "GET" || req.method === "HEAD";

/** The JSON body; a parse error of what does not even claim to be JSON names the content-type. */
async function jsonBody(req: IncomingMessage): Promise<unknown> {
  const text = await readBody(req);
  try {
    return parseBody(text);
  } catch (error) {
    const type = (header(req, "content-type") ?? "application/json").split(";", 1)[0] ?? "";
    if (/json$/i.test(type)) throw error;
    throw new BodyRefused(415, `The content-type ${type} is not taken here. Send application/json.`);
  }
}

async function modelCall(
  options: GatewayServerOptions,
  req: IncomingMessage,
  match: RegExpExecArray,
): Promise<Answer> {
  const [, name = "", version, action] = match;
  if (action === "infer" ? req.method !== "POST" : !isRead(req))
    return notAllowed(action === "infer" ? "POST" : "GET");
  const token = BEARER.exec(req.headers.authorization ?? "")?.[1];
  if (!token) throw unauthenticated();
  const actor = await options.callers.actor(token);
  const route = findRoute(options.parts, actor, nameOf(name));
  if (version !== undefined) {
    return {
      status: 501,
      body: { error: "Versions are chosen by the deployment's rollout; leave /versions/… out." },
    };
  }
  if (action === "ready") {
    const ready = route.stable !== undefined;
    return { status: ready ? 200 : 503, body: { name: route.name, ready } };
  }
  if (action !== "infer") return metadataOf(route);
  if (header(req, "inference-header-content-length")) {
    return {
      status: 501,
      body: { error: "Binary tensors are not taken here; send JSON (binary_data=False)." },
    };
  }
  const body = await jsonBody(req);
  // Looked up again: a body may take its time, and the route may have moved on meanwhile.
  return infer(options.parts, findRoute(options.parts, actor, nameOf(name)), body, {
    stickyKey: header(req, "x-sticky-key"),
    traceparent: header(req, "traceparent"),
  });
}

async function answerOf(options: GatewayServerOptions, req: IncomingMessage): Promise<Answer> {
  const path = (req.url ?? "/").split("?", 1)[0]?.replace(/\/+$/, "") ?? "";
  const fixed = path === "/v2" || path === "/v2/health/live" || path === "/v2/health/ready";
  if (fixed && !isRead(req)) return notAllowed("GET");
  if (path === "/v2/health/live") return { status: 200, body: { live: true } };
  if (path === "/v2/health/ready") {
    const ready = options.isReady();
    return {
      status: ready ? 200 : 503,
      body: { ready, live: true },
      ...(ready ? {} : { headers: { "retry-after": "1" } }),
    };
  }
  if (path === "/v2") return { status: 200, body: serverMetadata(options.version) };
  const match = MODEL_PATH.exec(path);
  if (match) return modelCall(options, req, match);
  return { status: 404, body: { error: `There is no ${req.method ?? "GET"} ${path}. See /v2.` } };
}

function failure(error: unknown, path: string | undefined): Answer {
  if (error instanceof BodyRefused)
    return { status: error.status, body: { error: error.message }, headers: { connection: "close" } };
  // Who has gone hears nothing, and is no fault of ours.
  if (error instanceof Error && "code" in error && error.code === "ECONNRESET")
    return { status: 400, body: { error: "The request ended before it was whole." } };
  const requestId = newId("request");
  if (!isAppError(error)) log.error({ err: error, requestId, path }, "gateway request failed");
  // A database that is away is no fault of the request: the client may send it again.
  const shown = toPublicError(
    isAppError(error)
      ? error
      : new AppError("unavailable", "The gateway could not check who calls.", {
          hint: `Try again (request ${requestId}).`,
        }),
    requestId,
  );
  return errorAnswer(shown, shown.code === "unauthenticated" ? { "www-authenticate": "Bearer" } : {});
}

const PROTOCOL_FAULTS: Record<string, [number, string]> = {
  HPE_HEADER_OVERFLOW: [431, "The request's headers are too large."],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "The request did not arrive in time."],
};

/** What Node cannot read as HTTP gets the protocol's error form too. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, text] = PROTOCOL_FAULTS[error.code ?? ""] ?? [400, "This is not a valid HTTP request."];
  const body = JSON.stringify({ error: text });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}

/** The Open Inference Protocol over HTTP, in front of the models. */
export function createGatewayServer(options: GatewayServerOptions): Server {
  const { headersMs, requestMs, silenceMs, idleMs } = { ...LIMITS, ...options.limits };
  const timeouts = {
    keepAliveTimeout: idleMs,
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: Math.min(1_000, headersMs),
  };
  const server = createServer(timeouts, (req, res) => {
    if (req.url === "/metrics") {
      void metricsRegistry.metrics().then((text) => {
        res.writeHead(200, { "content-type": metricsRegistry.contentType });
        res.end(text);
      });
      return;
    }
    answerOf(options, req)
      .catch((error: unknown) => failure(error, req.url))
      .then((answer) => send(res, answer))
      .catch((error: unknown) => log.warn({ err: error }, "answer could not be sent"));
  });
  server.setTimeout(silenceMs);
  server.on("clientError", refuseConnection);
  return server;
}
