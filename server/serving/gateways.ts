import { and, eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "@/db/client";
import { processes } from "@/db/schema";
import { isBroken, serves, ServingReport, type ArmReport, type ArmState } from "./gateway-report";

/** A gateway that has been silent for this long does not count: nobody waits for what is gone. */
const GATEWAY_SILENT_SECONDS = 6;
/** A gateway tries again what failed; a moment's trouble with the store or the database is not the version's fault. */
const PATIENCE_MS = 5_000;

const Info = z.object({ serving: ServingReport });

export interface LiveGateway {
  id: string;
  /** "host, process 123": what people know it by. */
  name: string;
  /** Null until it has looked. */
  serving: ServingReport | null;
}

/** The gateways that said something lately, with what they serve. */
export async function liveGateways(db: Db): Promise<LiveGateway[]> {
  const rows = await db
    .select({ id: processes.id, host: processes.host, pid: processes.pid, info: processes.info })
    .from(processes)
    .where(
      and(
        eq(processes.kind, "gateway"),
        sql`${processes.seenAt} > now() - make_interval(secs => ${GATEWAY_SILENT_SECONDS})`,
      ),
    )
    .orderBy(processes.startedAt, processes.id);
  return rows.map(({ id, host, pid, info }) => ({
    id,
    name: `${host}, process ${pid}`,
    serving: Info.safeParse(info).data?.serving ?? null,
  }));
}

export interface GatewayState {
  id: string;
  name: string;
  state: ArmState;
  /** Why it does not serve the version, in words; empty where it does. */
  reason: string;
}

export interface Readiness {
  gateways: GatewayState[];
  /** Every live gateway serves the version, and there is one. */
  ready: boolean;
  /** Why the version will not be served without a change; null while there is hope. */
  broken: string | null;
  /** What is missing, in words; empty when ready. */
  waiting: string;
}

/** A crash loop speaks for itself; a failure must have lasted. A clock that is ahead of ours must not make it last for ever. */
function isFinal(said: ArmReport | null, now: number): boolean {
  if (!isBroken(said)) return false;
  return said.state === "crash-looping" || said.sinceMs > now || now - said.sinceMs >= PATIENCE_MS;
}

function describe({ name, state, reason }: GatewayState, version: string): string {
  const because = reason === "" ? "" : `: ${reason}`;
  const what = {
    ready: `serves ${version}`,
    loading: `is still loading ${version}`,
    failed: `cannot serve ${version}`,
    "crash-looping": `cannot keep ${version} running`,
  }[state];
  return `Gateway ${name} ${what}${because.replace(/\.$/, "")}.`;
}

const NOT_TAKEN_UP = { state: "loading", reason: "it has not taken it up yet" } as const;

/** Whether the live gateways serve a version as one arm of a deployment. What gateways that are gone said counts for nothing. */
export function readinessOf(
  live: readonly LiveGateway[],
  wanted: { deploymentId: string; arm: "stable" | "canary"; versionId: string; version: string },
  now: Date,
): Readiness {
  const said = live.map(({ id, name, serving }) => {
    const arm = serving?.[wanted.deploymentId]?.[wanted.arm] ?? null;
    const own = arm?.versionId === wanted.versionId ? arm : null;
    const { state, reason } = own ?? NOT_TAKEN_UP;
    return { own, gateway: { id, name, state, reason } };
  });
  const told = (of: typeof said) => of.map(({ gateway }) => describe(gateway, wanted.version)).join(" ");
  const final = said.filter(({ own }) => isFinal(own, now.getTime()));
  const missing = said.filter(({ own }) => !serves(own));
  return {
    gateways: said.map(({ gateway }) => gateway),
    ready: live.length > 0 && missing.length === 0,
    broken: final.length > 0 ? told(final) : null,
    waiting:
      live.length === 0
        ? `No gateway is running, so nothing can serve ${wanted.version} yet. It goes on when one does.`
        : told(missing),
  };
}

/** Whether every gateway that lives follows the deployment's newest split; with no gateway alive nothing serves the old one. */
export function haveFollowed(
  live: readonly LiveGateway[],
  deployment: { id: string; generation: number },
): boolean {
  return live.every(({ serving }) => (serving?.[deployment.id]?.generation ?? 0) >= deployment.generation);
}

export type ServingState = "serving" | "deploying" | "failed" | "no_gateway";

/** What the gateways make of the stable version: the deployment's own state, and who lacks it and why. */
export function servingState(readiness: Readiness): ServingState {
  if (readiness.gateways.length === 0) return "no_gateway";
  if (readiness.ready) return "serving";
  return readiness.broken === null ? "deploying" : "failed";
}
