import type { Actor } from "@/server/core/actor";
import type { ModelRuntime, Tensor } from "@/server/adapters/model-runtime/port";
import { jsonElements, storedTensor } from "@/server/adapters/model-runtime/tensor-to-json";
import { can } from "@/server/core/authz/permissions";
import {
  AppError,
  forbidden,
  HTTP_STATUS,
  invalid,
  isAppError,
  notFound,
  toPublicError,
  type PublicError,
} from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { log } from "@/server/core/log";
import { inferResponse, modelMetadata } from "./oip/messages";
import { parseInferRequest, type InferRequest } from "./oip/parse-infer";
import { routeKey, type Route, type ServedVersion } from "./routes";
import { isCanary } from "./split";

/** What is kept of each answered request; `server/monitoring` stores it. */
export interface PredictionRecord {
  id: string;
  teamId: string;
  deploymentId: string;
  versionId: string;
  rolloutId: string;
  arm: "stable" | "canary";
  stage: number;
  routeDigest: string;
  atMs: number;
  latencyMs: number;
  status: number;
  error: string | null;
  inputs: unknown;
  outputs: unknown;
  predicted: string | null;
  traceId: string | null;
}

export interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

export interface GatewayParts {
  runtime: ModelRuntime;
  /** Undefined until the routes are known. */
  routes: () => ReadonlyMap<string, Route> | undefined;
  record: (record: PredictionRecord) => boolean;
}

/** The headers that the gateway reads. */
export interface InferHeaders {
  stickyKey: string | undefined;
  traceparent: string | undefined;
}

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The route of a name in the caller's team; a foreign deployment looks like a missing one. */
export function findRoute(parts: GatewayParts, actor: Actor, name: string): Route {
  const verdict = can(actor, "serving.model.infer");
  if (!verdict.allowed) throw forbidden(verdict.reason ?? "You may not send requests.");
  const routes = parts.routes();
  if (!routes)
    throw new AppError("unavailable", "The gateway is starting and does not know its deployments yet.", {
      hint: "Send the request again in a moment.",
      details: { retryAfterSeconds: 1 },
    });
  const route = routes.get(routeKey(actor.teamId, name));
  if (!route) throw notFound("deployment", name);
  return route;
}

const notServed = (route: Route) =>
  new AppError("unavailable", `${route.name} serves no version now. ${route.refusals.join(" ")}`.trim(), {
    hint: "See the deployment's page for what is missing.",
    details: { retryAfterSeconds: route.refusals.length > 0 ? 10 : 1 },
  });

/** Metadata of what the stable arm serves. */
export function metadataOf(route: Route): Answer {
  const served = route.stable ?? route.canary;
  if (!served) throw notServed(route);
  return { status: 200, body: modelMetadata(route.name, [String(served.number)], served.signature) };
}

function choose(route: Route, key: string): { arm: "stable" | "canary"; version: ServedVersion } {
  const canary =
    route.canary && isCanary(route.deploymentId, key, route.sharePercent) ? route.canary : undefined;
  if (canary) return { arm: "canary", version: canary };
  if (!route.stable) throw notServed(route);
  return { arm: "stable", version: route.stable };
}

/** The value that feedback is compared with: the target output (else the first) of a request with a single row. */
function predictedOf(outputs: readonly Tensor[], target: string | null): string | null {
  const output = outputs.find((each) => each.name === target) ?? outputs[0];
  return output?.data.length === 1 ? String(jsonElements(output)[0]) : null;
}

/**
 * Whose fault a request is that the canary refuses: when the stable version answers it, the canary's, and then it counts as a failure.
 * Otherwise a new version that takes other inputs would look healthy while it turns every caller away.
 */
async function blame(parts: GatewayParts, stable: ServedVersion, body: unknown, refusal: unknown) {
  if (!isAppError(refusal) || refusal.code !== "invalid") return refusal;
  try {
    await parts.runtime.infer(stable.runtimeKey, parseInferRequest(body, stable.signature).inputs);
  } catch {
    return refusal;
  }
  return new AppError(
    "internal",
    `The canary version refuses a request that the stable version answers. ${refusal.message}`,
  );
}

/** Sends one request to its arm and records it, whatever came of it (a refused request counts no error). */
export async function infer(
  parts: GatewayParts,
  route: Route,
  body: unknown,
  headers: InferHeaders,
): Promise<Answer> {
  const startedNs = process.hrtime.bigint();
  const id = newId("prediction");
  const { arm, version } = choose(route, headers.stickyKey ?? id);
  let request: InferRequest | undefined;
  let outputs: Tensor[] = [];
  let failure: unknown;
  try {
    request = parseInferRequest(body, version.signature);
    outputs = await parts.runtime.infer(version.runtimeKey, request.inputs);
  } catch (error) {
    failure = arm === "canary" && route.stable ? await blame(parts, route.stable, body, error) : error;
    if (!isAppError(error))
      log.error({ err: error, deployment: route.name, prediction: id }, "inference failed");
  }
  const shown = failure === undefined ? undefined : toPublicError(failure, id);
  const status = shown ? HTTP_STATUS[shown.code] : 200;
  parts.record({
    id,
    teamId: route.teamId,
    deploymentId: route.deploymentId,
    versionId: version.id,
    rolloutId: route.rolloutId,
    arm,
    stage: route.rolloutId ? route.stage : -1,
    routeDigest: route.digest,
    atMs: Date.now(),
    latencyMs: Number(process.hrtime.bigint() - startedNs) / 1e6,
    status,
    error: shown ? shown.message : null,
    inputs: request?.inputs.map(storedTensor) ?? null,
    outputs: failure === undefined ? outputs.map(storedTensor) : null,
    predicted: failure === undefined ? predictedOf(outputs, route.feedbackTarget) : null,
    traceId: TRACEPARENT.exec(headers.traceparent ?? "")?.[1] ?? null,
  });
  const replyHeaders = { "x-prediction-id": id, "x-model-version": String(version.number), "x-arm": arm };
  if (shown) return errorAnswer(shown, replyHeaders);
  return {
    status: 200,
    body: inferResponse(route.name, String(version.number), request?.id ?? id, outputs, request?.outputs),
    headers: replyHeaders,
  };
}

/** The protocol's form of a failure. */
export function errorAnswer(shown: PublicError, headers: Record<string, string> = {}): Answer {
  const retryAfter = shown.details?.retryAfterSeconds;
  return {
    status: HTTP_STATUS[shown.code],
    body: { error: shown.hint ? `${shown.message} ${shown.hint}` : shown.message },
    headers: { ...headers, ...(typeof retryAfter === "number" ? { "retry-after": String(retryAfter) } : {}) },
  };
}

/** Parses a JSON body with a bound on its nesting, so that a hostile one cannot exhaust the stack. */
export function parseBody(text: string): unknown {
  let depth = 0;
  let inText = false;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (inText) {
      if (code === 0x5c) i += 1;
      else if (code === 0x22) inText = false;
    } else if (code === 0x22) inText = true;
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > 64) throw invalid("The body is nested deeper than 64 levels.");
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  try {
    return JSON.parse(text);
  } catch {
    throw invalid("The body is not valid JSON.", 'Send an Open Inference Protocol request: {"inputs": […]}.');
  }
}
