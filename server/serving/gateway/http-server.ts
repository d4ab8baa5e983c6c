import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { answerUnreadable } from "@/server/core/client-error";
import { unauthenticated } from "@/server/core/context";
import { AppError, isAppError, toPublicError } from "@/server/core/errors";
import type { Actor } from "@/server/core/actor";
import { newId } from "@/server/core/ids";
import { log } from "@/server/core/log";
import { metricsRegistry } from "@/server/core/metrics";
import { errorAnswer, findRoute, infer, type Answer, type GatewayParts } from "./gateway";
import { allStatistics, index, listModels, modelCall } from "./model-calls";
import { splitBody, type InferBody } from "./oip/body";
import { serverMetadata } from "./oip/metadata";
import { operationOf, type CallerOperation } from "./oip/paths";
import { pack, packingFor } from "./pack-answer";
import { BodyRefused, readBody } from "./read-body";

const BEARER = /^Bearer\s+(\S+)$/i;

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

async function send(res: ServerResponse, answer: Answer, acceptEncoding: string | undefined): Promise<void> {
  const plain = answer.payload ?? JSON.stringify(answer.body);
  const packing = packingFor(acceptEncoding, Buffer.byteLength(plain));
  const body = packing === undefined ? plain : await pack(plain, packing);
  res.writeHead(answer.status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    ...(packing === undefined ? {} : { "content-encoding": packing, vary: "accept-encoding" }),
    ...answer.headers,
  });
  res.end(body);
}

const notAllowed = (allow: string): Answer => ({
  status: 405,
  body: { error: `Use ${allow} here.` },
  headers: { allow },
});

/** The body in its parts; a parse error of what does not even claim to be JSON names the content-type. */
async function bodyOf(req: IncomingMessage): Promise<InferBody> {
  const bytes = await readBody(req);
  const length = header(req, "inference-header-content-length");
  try {
    return splitBody(bytes, length);
  } catch (error) {
    const type = (header(req, "content-type") ?? "application/json").split(";", 1)[0] ?? "";
    if (length !== undefined || /json$/i.test(type)) throw error;
    throw new BodyRefused(
      415,
      `The content-type ${type} is not taken here. Send application/json, or binary tensors with Inference-Header-Content-Length.`,
    );
  }
}

const NO_BODY: InferBody = { kind: "json", json: undefined, binary: new Uint8Array(0) };

/** The index's body may be left out. */
async function indexBody(req: IncomingMessage): Promise<InferBody> {
  const bytes = await readBody(req);
  return bytes.length === 0 ? NO_BODY : splitBody(bytes, undefined);
}

/** A call that needs to know who asks. */
async function callOf(
  { parts, callers }: GatewayServerOptions,
  req: IncomingMessage,
  operation: CallerOperation,
): Promise<Answer> {
  const token = BEARER.exec(req.headers.authorization ?? "")?.[1];
  if (!token) throw unauthenticated();
  const actor = await callers.actor(token);
  if (operation.kind === "models") return listModels(parts, actor);
  if (operation.kind === "all-statistics") return allStatistics(parts, actor);
  if (operation.kind === "index") return index(parts, actor, await indexBody(req));
  if (operation.kind !== "infer") return modelCall(parts, actor, operation);
  const { name, version } = operation;
  // Before the body is read: a caller who may not send it is told at once.
  findRoute(parts, actor, name);
  const body = await bodyOf(req);
  // Looked up again: a body may take its time, and the route may have moved on meanwhile.
  return infer(parts, findRoute(parts, actor, name), {
    body,
    version,
    headers: { stickyKey: header(req, "x-sticky-key"), traceparent: header(req, "traceparent") },
  });
}

async function answerOf(options: GatewayServerOptions, req: IncomingMessage): Promise<Answer> {
  const [method, url] = [req.method ?? "GET", req.url ?? "/"];
  const operation = operationOf(method, url);
  switch (operation.kind) {
    case "live":
      return { status: 200, body: { live: true } };
    case "ready": {
      const ready = options.isReady();
      return {
        status: ready ? 200 : 503,
        body: { ready, live: true },
        ...(ready ? {} : { headers: { "retry-after": "1" } }),
      };
    }
    case "server":
      return { status: 200, body: serverMetadata(options.version) };
    case "not-allowed":
      return notAllowed(operation.allow);
    case "unknown":
      return {
        status: 404,
        body: { error: `There is no ${method} ${url.split("?", 1)[0]}. ${operation.hint}` },
      };
    default:
      return callOf(options, req, operation);
  }
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
      .then((answer) => send(res, answer, header(req, "accept-encoding")))
      .catch((error: unknown) => log.warn({ err: error }, "answer could not be sent"));
  });
  server.setTimeout(silenceMs);
  answerUnreadable(server, (_status, error) => ({ type: "application/json", body: { error } }));
  return server;
}
