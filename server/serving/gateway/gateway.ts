import { firstCharacters } from "@/server/core/characters";
import type { Actor } from "@/server/core/actor";
import type { ModelRuntime, Tensor } from "@/server/adapters/model-runtime/port";

import { can } from "@/server/core/authz/permissions";
import {
  AppError,
  forbidden,
  HTTP_STATUS,
  isAppError,
  notFound,
  toPublicError,
  type PublicError,
} from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { log } from "@/server/core/log";
import type { InferBody } from "./oip/body";
import { encodeInfer, type Payload } from "./oip/encode-infer";
import { parseInferRequest, type InferRequest } from "./oip/parse-infer";
import type { Statistics } from "./oip/statistics";
import { PatienceEnded, withPatience } from "./patience";
import { predictedOf, type Predicted } from "./predicted";
import { routeKey, type Route, type ServedVersion } from "./routes";
import { isCanary } from "./split";
import { storedParameters, storedTensors, type StoredTensor } from "./stored-form";

/** What is kept of each answered request; `server/monitoring` stores it. */
export interface PredictionRecord extends Predicted {
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
  inputs: StoredTensor[] | null;
  outputs: StoredTensor[] | null;
  parameters: Record<string, unknown> | null;
  traceId: string | null;
}

/** `body` is sent as JSON; `payload` as it is, with the content-type in its headers. */
export type Answer = { status: number; headers?: Record<string, string> } & (
  | { body: unknown; payload?: undefined }
  | { payload: Payload["body"] }
);

export interface GatewayParts {
  runtime: ModelRuntime;
  /** Undefined until the routes are known. */
  routes: () => ReadonlyMap<string, Route> | undefined;
  /** Resolves when the record outlives this process, or was dropped and counted. */
  record: (record: PredictionRecord) => Promise<boolean> | boolean;
  statistics: Statistics;
}

/** The headers that the gateway reads. */
export interface InferHeaders {
  stickyKey: string | undefined;
  traceparent: string | undefined;
}

/** An inference request as it came. */
export interface InferCall {
  body: InferBody;
  /** From the address; undefined leaves the choice to the deployment. */
  version: string | undefined;
  headers: InferHeaders;
}

const MAX_ERROR_TEXT = 2_000;
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

function mayInfer(actor: Actor): void {
  const verdict = can(actor, "serving.model.infer");
  if (!verdict.allowed) throw forbidden(verdict.reason ?? "You may not send requests.");
}

/** @throws AppError `unavailable` while nobody can say what there is. */
function knownRoutes(parts: GatewayParts): ReadonlyMap<string, Route> {
  const routes = parts.routes();
  if (routes) return routes;
  throw new AppError("unavailable", "The gateway is starting and does not know its deployments yet.", {
    hint: "Send the request again in a moment.",
    details: { retryAfterSeconds: 1 },
  });
}

/** The routes of the caller's team, by name. */
export function readableRoutes(parts: GatewayParts, actor: Actor): Route[] {
  mayInfer(actor);
  return [...knownRoutes(parts).values()]
    .filter((route) => route.teamId === actor.teamId)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The route of a name in the caller's team; a foreign deployment looks like a missing one. */
export function findRoute(parts: GatewayParts, actor: Actor, name: string): Route {
  mayInfer(actor);
  const route = knownRoutes(parts).get(routeKey(actor.teamId, name));
  if (!route) throw notFound("deployment", name);
  return route;
}

export const notServed = (route: Route) =>
  new AppError("unavailable", `${route.name} serves no version now. ${route.refusals.join(" ")}`.trim(), {
    hint: "See the deployment's page for what is missing.",
    details: { retryAfterSeconds: route.refusals.length > 0 ? 10 : 1 },
  });

type Arm = "stable" | "canary";

/** What answers now; a canary without traffic does not. */
export const servedBy = (route: Route): { arm: Arm; version: ServedVersion }[] => [
  ...(route.stable ? [{ arm: "stable" as const, version: route.stable }] : []),
  ...(route.canary ? [{ arm: "canary" as const, version: route.canary }] : []),
];

/** The arm that serves the version that an address names. @throws AppError `not_found` that says which do. */
export function armOf(route: Route, version: string): { arm: Arm; version: ServedVersion } {
  const served = servedBy(route);
  if (served.length === 0) throw notServed(route);
  const found = served.find((each) => String(each.version.number) === version);
  if (found) return found;
  const present = served.map((each) => `version ${each.version.number} (${each.arm})`).join(" and ");
  throw new AppError(
    "not_found",
    `Version ${version} of ${route.name} does not answer now; ${present} ${served.length > 1 ? "do" : "does"}.`,
    {
      hint: "Leave /versions/… out to get the version that the deployment chooses.",
    },
  );
}

function choose(
  route: Route,
  key: string,
  version: string | undefined,
): { arm: Arm; version: ServedVersion } {
  if (version !== undefined) return armOf(route, version);
  const canary =
    route.canary && isCanary(route.deploymentId, key, route.sharePercent) ? route.canary : undefined;
  if (canary) return { arm: "canary", version: canary };
  if (!route.stable) throw notServed(route);
  return { arm: "stable", version: route.stable };
}

/**
 * Whose fault a request is that the canary refuses: when the stable version answers it, the canary's, and then it counts as a failure.
 * Otherwise a new version that takes other inputs would look healthy while it turns every caller away.
 */
async function blame(parts: GatewayParts, stable: ServedVersion, body: InferBody, refusal: unknown) {
  if (!isAppError(refusal) || refusal.code !== "invalid") return refusal;
  try {
    const { inputs, parameters } = parseInferRequest(body, stable.signature);
    await parts.runtime.infer(stable.runtimeKey, inputs, { parameters });
  } catch {
    return refusal;
  }
  return new AppError(
    "internal",
    `The canary version refuses a request that the stable version answers. ${refusal.message}`,
  );
}

const elapsedMs = (sinceNs: bigint) => Number(process.hrtime.bigint() - sinceNs) / 1e6;

/** One request's way through a version: what it asked, what came of it, and how long the model had it. */
interface Attempt {
  request: InferRequest | undefined;
  /** The request's values as they are kept. */
  inputs: StoredTensor[] | null;
  outputs: Tensor[];
  inferMs: number | undefined;
  payload: Payload | undefined;
}

async function attempt(
  parts: GatewayParts,
  route: Route,
  version: ServedVersion,
  call: InferCall,
  id: string,
  into: Attempt,
): Promise<void> {
  const request = parseInferRequest(call.body, version.signature);
  into.request = request;
  const { deadlineMs, parameters } = request;
  const startedNs = process.hrtime.bigint();
  const work = parts.runtime.infer(version.runtimeKey, request.inputs, { deadlineMs, parameters });
  // While the model is at work.
  into.inputs = storedTensors(request.inputs);
  try {
    into.outputs = await withPatience(work, deadlineMs);
  } finally {
    into.inferMs = elapsedMs(startedNs);
  }
  into.payload = encodeInfer({
    name: route.name,
    version: String(version.number),
    id: request.id ?? id,
    outputs: into.outputs,
    wanted: request.outputs,
    signature: version.signature.outputs,
  });
}

/** A caller's patience says nothing about the model, so its end is recorded as the caller's. */
const CALLER_LEFT = 499;

/** The protocol's form of a failure. */
export function errorAnswer(shown: PublicError, headers: Record<string, string> = {}): Answer {
  const retryAfter = shown.details?.retryAfterSeconds;
  return {
    status: HTTP_STATUS[shown.code],
    body: { error: shown.hint ? `${shown.message} ${shown.hint}` : shown.message },
    headers: { ...headers, ...(typeof retryAfter === "number" ? { "retry-after": String(retryAfter) } : {}) },
  };
}

/** Sends one request to its arm and records it, whatever came of it (a refused request counts no error). */
export async function infer(parts: GatewayParts, route: Route, call: InferCall): Promise<Answer> {
  const startedNs = process.hrtime.bigint();
  const id = newId("prediction");
  const { arm, version } = choose(route, call.headers.stickyKey ?? id, call.version);
  const made: Attempt = {
    request: undefined,
    inputs: null,
    outputs: [],
    inferMs: undefined,
    payload: undefined,
  };
  let failure: unknown;
  try {
    await attempt(parts, route, version, call, id, made);
  } catch (error) {
    // Who names the version takes it as it is.
    const judge = arm === "canary" && call.version === undefined ? route.stable : undefined;
    failure = judge ? await blame(parts, judge, call.body, error) : error;
    if (!isAppError(error))
      log.error({ err: error, deployment: route.name, prediction: id }, "inference failed");
  }
  const shown = failure === undefined ? undefined : toPublicError(failure, id);
  const status = shown ? HTTP_STATUS[shown.code] : 200;
  const atMs = Date.now();
  const latencyMs = elapsedMs(startedNs);
  const outputs = failure === undefined ? made.outputs : [];
  const predicted = predictedOf(made.request?.inputs ?? [], outputs, route.feedbackTarget);
  await parts.record({
    id,
    teamId: route.teamId,
    deploymentId: route.deploymentId,
    versionId: version.id,
    rolloutId: route.rolloutId,
    arm,
    stage: route.rolloutId ? route.stage : -1,
    routeDigest: route.digest,
    atMs,
    latencyMs,
    status: failure instanceof PatienceEnded ? CALLER_LEFT : status,
    error: shown ? firstCharacters(shown.message, MAX_ERROR_TEXT) : null,
    inputs: made.inputs,
    outputs: failure === undefined ? storedTensors(outputs) : null,
    parameters: storedParameters(made.request?.parameters),
    ...predicted,
    traceId: TRACEPARENT.exec(call.headers.traceparent ?? "")?.[1] ?? null,
  });
  const rows = made.request?.inputs[0]?.shape[0] ?? 1;
  parts.statistics.observe(version.id, { ok: !shown, totalMs: latencyMs, inferMs: made.inferMs, rows, atMs });
  const headers = {
    "x-prediction-id": id,
    "x-model-version": String(version.number),
    "x-arm": arm,
    // Feedback names a row of a batch as `<prediction id>.<row>`, from 0.
    ...(predicted.rows > 1 ? { "x-prediction-rows": String(predicted.rows) } : {}),
  };
  if (shown) return errorAnswer(shown, headers);
  if (!made.payload) throw new Error("a request without a failure has an answer");
  return { status: 200, payload: made.payload.body, headers: { ...made.payload.headers, ...headers } };
}
