/** What is told only to a caller who is known. */
export type CallerOperation =
  | { kind: "models" }
  | { kind: "index" }
  | { kind: "all-statistics" }
  | { kind: "infer"; name: string; version: string | undefined }
  | { kind: Exclude<ModelOperation, "infer">; name: string; version: string | undefined };

/** What a request asks for, by its method and path. */
export type Operation =
  | { kind: "live" | "ready" | "server" }
  | CallerOperation
  | { kind: "not-allowed"; allow: string }
  | { kind: "unknown"; hint: string };

export type ModelOperation = "metadata" | "model-ready" | "config" | "statistics" | "infer";

type Fixed = "live" | "ready" | "server" | "models" | "index" | "all-statistics";

const FIXED: Record<string, [Fixed, "GET" | "POST"]> = {
  "/v2": ["server", "GET"],
  "/v2/health/live": ["live", "GET"],
  "/v2/health/ready": ["ready", "GET"],
  "/v2/models": ["models", "GET"],
  "/v2/models/stats": ["all-statistics", "GET"],
  "/v2/repository/index": ["index", "POST"],
};

const MODEL = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?(?:\/([a-z_]+))?$/;

const CALLS: Record<string, [ModelOperation, "GET" | "POST"]> = {
  "": ["metadata", "GET"],
  ready: ["model-ready", "GET"],
  config: ["config", "GET"],
  stats: ["statistics", "GET"],
  infer: ["infer", "POST"],
};

const isLoading = (path: string) => /^\/v2\/(?:repository\/)?models\/[^/]+\/(?:un)?load$/.test(path);

const allows = (wanted: "GET" | "POST", method: string) =>
  method === wanted || (wanted === "GET" && method === "HEAD");

/** A part of a path; undefined where its escapes are broken, as no name has such. */
function unescaped(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** Which operation of the protocol a request names. A query and slashes at the end change nothing. */
export function operationOf(method: string, url: string): Operation {
  let path = url.split("?", 1)[0] ?? "";
  while (path.endsWith("/")) path = path.slice(0, -1);
  const fixed = Object.hasOwn(FIXED, path) ? FIXED[path] : undefined;
  if (fixed) return allows(fixed[1], method) ? { kind: fixed[0] } : { kind: "not-allowed", allow: fixed[1] };
  if (isLoading(path))
    return { kind: "unknown", hint: "Models are loaded and unloaded by their deployments, in the portal." };
  const [, name = "", version, action = ""] = MODEL.exec(path) ?? [];
  const call = name !== "" && Object.hasOwn(CALLS, action) ? CALLS[action] : undefined;
  if (!call) return { kind: "unknown", hint: "See /v2." };
  if (!allows(call[1], method)) return { kind: "not-allowed", allow: call[1] };
  const named = { name: unescaped(name), version: version === undefined ? undefined : unescaped(version) };
  if (named.name === undefined || (version !== undefined && named.version === undefined))
    return { kind: "unknown", hint: "Its escapes are broken." };
  return { kind: call[0], name: named.name, version: named.version };
}
