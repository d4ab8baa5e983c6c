import { db } from "@/db/client";
import { systemActor } from "@/server/core/actor";
import { createCtx, type Ctx } from "@/server/core/context";
import type { DomainEventType, PayloadOf } from "@/server/core/events";
import type { Channel } from "@/server/core/tell";
import type { Lease } from "./leases";

export type { Lease } from "./leases";

export interface DeliveredEvent<T extends DomainEventType> {
  id: string;
  type: T;
  teamId: string;
  payload: PayloadOf<T>;
  actorId: string;
  createdAt: Date;
}

export type Handler = (args: { ctx: Ctx; event: DeliveredEvent<DomainEventType> }) => Promise<void>;

const handlers = new Map<DomainEventType, Map<string, Handler>>();

/**
 * Calls `handler` for each event of a type, at least once, in the worker. The name is the delivery's identity: keep it when code moves.
 * A handler must be idempotent and short; long work belongs in a workflow that it starts.
 */
export function on<T extends DomainEventType>(
  type: T,
  name: string,
  handler: (args: { ctx: Ctx; event: DeliveredEvent<T> }) => Promise<void>,
): void {
  const forType = handlers.get(type) ?? new Map<string, Handler>();
  if (forType.has(name)) throw new Error(`Two handlers of ${type} are called ${name}.`);
  forType.set(name, handler as unknown as Handler);
  handlers.set(type, forType);
}

export const handlerOf = (type: string, name: string): Handler | undefined =>
  handlers.get(type as DomainEventType)?.get(name);

/** All (event type, handler name) pairs. */
export const registrations = (): { type: string; handler: string }[] =>
  [...handlers].flatMap(([type, named]) => [...named.keys()].map((handler) => ({ type, handler })));

/** The factory acting for a team, outside any request. */
export const systemCtx = (teamId: string, requestId?: string): Ctx =>
  createCtx({ actor: systemActor(teamId), db: db(), requestId });

export interface Tick {
  name: string;
  everyMs: number;
  run: (lease: Lease) => Promise<void>;
  /** A message after which it runs at once. */
  wokenBy: Channel | undefined;
  /** In every worker, under no lease. */
  everywhere: boolean;
}

const ticks: Tick[] = [];

/**
 * Runs `run` about every `everyMs`, in one worker at a time: for reconcilers that look at the state and set it right. A worker that was paused
 * past its lease may still be at its run when the next begins one, so a run may happen twice at once: `twice` says why that does no harm.
 * Where it would, the write itself asks `lease.fence`.
 */
export function every(
  name: string,
  everyMs: number,
  run: (lease: Lease) => Promise<void>,
  options: { twice: string; wokenBy?: Channel },
): void {
  add({ name, everyMs, run, wokenBy: options.wokenBy, everywhere: false });
}

function add(tick: Tick): void {
  if (ticks.some(({ name }) => name === tick.name)) throw new Error(`Two ticks are called ${tick.name}.`);
  ticks.push(tick);
}

/** Runs `run` about every `everyMs` in every worker at once: for what each must do for its own machine. */
export function everywhere(name: string, everyMs: number, run: () => Promise<void>): void {
  add({ name, everyMs, run, wokenBy: undefined, everywhere: true });
}

export const allTicks = (): readonly Tick[] => ticks;
