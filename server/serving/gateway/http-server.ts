import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { AppError, HTTP_STATUS, invalid, isAppError, toPublicError } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { log } from "@/server/core/log";
import { metricsRegistry } from "@/server/core/metrics";
import type { Callers } from "./callers";
import { findRoute, infer, metadataOf, parseBody, type Answer, type GatewayParts } from "./gateway";
import { serverMetadata } from "./oip/messages";

const MAX_BODY_BYTES = 8 * 1024 * 1024;
const MODEL_PATH = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?(?:\/(infer|ready))?$/;

export interface GatewayServerOptions {
  parts: GatewayParts;
  callers: Callers;
  version: string;
  /** Whether routes have been read at least once. */
  isReady: () => boolean;
}

function readBody(req: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    req.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) {
        reject(invalid("The body is larger than 8 MiB.", "Send fewer rows at once."));
        req.destroy();
        return;
      }
      chunks.push(chunk);
    });
    req.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    req.on("error", reject);
  });
}

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

async function modelCall(
  options: GatewayServerOptions,
  req: IncomingMessage,
  match: RegExpExecArray,
): Promise<Answer> {
  const [, name = "", version, action] = match;
  const wanted = action === "infer" ? "POST" : "GET";
  if (req.method !== wanted)
    return { status: 405, body: { error: `Use ${wanted} here.` }, headers: { allow: wanted } };
  const actor = await options.callers.actor(header(req, "authorization"));
  const route = findRoute(options.parts, actor, decodeURIComponent(name));
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
  const body = parseBody(await readBody(req));
  return infer(options.parts, route, body, {
    stickyKey: header(req, "x-sticky-key"),
    traceparent: header(req, "traceparent"),
  });
}

async function answerOf(options: GatewayServerOptions, req: IncomingMessage): Promise<Answer> {
  const path = (req.url ?? "/").split("?", 1)[0]?.replace(/\/+$/, "") ?? "";
  if (path === "/v2/health/live") return { status: 200, body: { live: true } };
  if (path === "/v2/health/ready") {
    const ready = options.isReady();
    return { status: ready ? 200 : 503, body: { ready, live: ready } };
  }
  if (path === "/v2") return { status: 200, body: serverMetadata(options.version) };
  const match = MODEL_PATH.exec(path);
  if (match) return modelCall(options, req, match);
  return { status: 404, body: { error: `There is no ${req.method ?? "GET"} ${path}. See /v2.` } };
}

function failure(error: unknown, path: string | undefined): Answer {
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
  return {
    status: HTTP_STATUS[shown.code],
    body: { error: shown.hint ? `${shown.message} ${shown.hint}` : shown.message },
  };
}

/** The Open Inference Protocol over HTTP, in front of the models. */
export function createGatewayServer(options: GatewayServerOptions): Server {
  return createServer({ keepAliveTimeout: 65_000, headersTimeout: 70_000 }, (req, res) => {
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
}
