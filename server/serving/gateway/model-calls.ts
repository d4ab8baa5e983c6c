import type { Actor } from "@/server/core/actor";
import { invalidField } from "@/server/core/errors";
import {
  armOf,
  findRoute,
  notServed,
  readableRoutes,
  servedBy,
  type Answer,
  type GatewayParts,
} from "./gateway";
import type { InferBody } from "./oip/body";
import { fieldsOf, flagOf, refuseUnknown } from "./oip/fields";
import { modelConfig, modelMetadata, repositoryIndex, type IndexEntry } from "./oip/metadata";
import type { ModelOperation } from "./oip/paths";
import type { Route } from "./routes";

/** The protocol's calls that tell about models and run none. */

const ok = (body: unknown): Answer => ({ status: 200, body });

const numbersOf = (route: Route) => servedBy(route).map(({ version }) => String(version.number));

/** What a call without a version is about: the stable version, or the canary before there is one. */
function servedFor(route: Route, version: string | undefined) {
  if (version !== undefined) return armOf(route, version).version;
  const served = route.stable ?? route.canary;
  if (!served) throw notServed(route);
  return served;
}

function statisticsOf(parts: GatewayParts, route: Route, version: string | undefined) {
  const served = version === undefined ? servedBy(route) : [armOf(route, version)];
  return served.map((each) =>
    parts.statistics.entry(each.version.id, route.name, String(each.version.number)),
  );
}

function isReady(route: Route, version: string | undefined): boolean {
  if (version === undefined) return route.stable !== undefined;
  return servedBy(route).length > 0 && armOf(route, version) !== undefined;
}

/** A call about one model. @throws AppError */
export function modelCall(
  parts: GatewayParts,
  actor: Actor,
  about: { kind: Exclude<ModelOperation, "infer">; name: string; version: string | undefined },
): Answer {
  const { kind, name, version } = about;
  const route = findRoute(parts, actor, name);
  if (kind === "model-ready") {
    const ready = isReady(route, version);
    return { status: ready ? 200 : 503, body: { name: route.name, ready } };
  }
  if (kind === "statistics") return ok({ model_stats: statisticsOf(parts, route, version) });
  const { signature } = servedFor(route, version);
  return ok(
    kind === "config"
      ? modelConfig(route.name, signature)
      : modelMetadata(route.name, numbersOf(route), signature),
  );
}

export const listModels = (parts: GatewayParts, actor: Actor): Answer =>
  ok({ models: readableRoutes(parts, actor).map((route) => route.name) });

export const allStatistics = (parts: GatewayParts, actor: Actor): Answer =>
  ok({ model_stats: readableRoutes(parts, actor).flatMap((route) => statisticsOf(parts, route, undefined)) });

function entriesOf(route: Route): IndexEntry[] {
  const ready = servedBy(route).map(({ version }): IndexEntry => ({
    name: route.name,
    version: String(version.number),
    state: "READY",
    reason: "",
  }));
  if (ready.length > 0) return ready;
  return [{ name: route.name, version: "", state: "UNAVAILABLE", reason: route.refusals.join(" ") }];
}

const INDEX_FIELDS: ReadonlySet<string> = new Set(["ready"]);

/** POST /v2/repository/index: what there is, or with `{"ready": true}` what answers. */
export function index(parts: GatewayParts, actor: Actor, body: InferBody): Answer {
  if (body.kind === "raw") throw invalidField("body", "must be JSON");
  const fields = fieldsOf(body.json, "body");
  refuseUnknown(fields, INDEX_FIELDS, "");
  const entries = readableRoutes(parts, actor).flatMap(entriesOf);
  return ok(repositoryIndex(entries, flagOf(fields, "ready", "") ?? false));
}
