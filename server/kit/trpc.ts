import { initTRPC, TRPCError } from "@trpc/server";
import superjson from "superjson";
import { z } from "zod";
import type { Actor } from "@/server/core/actor";
import type { Caller } from "@/server/core/context";
import { isAppError, toPublicError, type ErrorCode } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { log } from "@/server/core/log";
import type { Permission } from "@/server/core/authz/permissions";
import { namesAt } from "@/server/core/unknown-fields";
import { invalidInput, parseInput, type Verb } from "@/server/core/verb";

export type TrpcContext = Caller & {
  requestId: string;
  /** Asks again who the caller is, for what outlives a request. */
  actorNow?: () => Promise<Actor | undefined>;
};

interface Meta {
  permission?: Permission;
  verb?: string;
}

const TRPC_CODE: Record<ErrorCode, TRPCError["code"]> = {
  not_found: "NOT_FOUND",
  forbidden: "FORBIDDEN",
  unauthenticated: "UNAUTHORIZED",
  invalid: "BAD_REQUEST",
  conflict: "CONFLICT",
  precondition_failed: "PRECONDITION_FAILED",
  quota_exceeded: "FORBIDDEN",
  rate_limited: "TOO_MANY_REQUESTS",
  unavailable: "SERVICE_UNAVAILABLE",
  timed_out: "GATEWAY_TIMEOUT",
  internal: "INTERNAL_SERVER_ERROR",
};

/** Input that a procedure refused is a refusal like any other, and names its fields. What a verb fails to parse stays our fault. */
function ownForm(error: TRPCError): unknown {
  const { cause } = error;
  return error.code === "BAD_REQUEST" && cause instanceof z.ZodError ? invalidInput(cause) : (cause ?? error);
}

const t = initTRPC
  .context<TrpcContext>()
  .meta<Meta>()
  .create({
    transformer: superjson,
    errorFormatter: ({ shape, error, ctx }) => {
      const publicError = toPublicError(ownForm(error), ctx?.requestId ?? newId("request"));
      return { ...shape, message: publicError.message, data: { code: shape.data.code, app: publicError } };
    },
    sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 40_000 } },
  });

export const router = t.router;

const base = t.procedure.use(async ({ next, ctx, path }) => {
  const result = await next();
  if (!result.ok) {
    const cause = ownForm(result.error);
    if (!isAppError(cause)) log.error({ err: cause, path, requestId: ctx.requestId }, "procedure failed");
  }
  return result;
});

/** Runs `work`; what it refuses keeps its own status at this door. */
export async function call<O>(work: () => Promise<O>): Promise<O> {
  try {
    return await work();
  } catch (error) {
    const code = isAppError(error) ? TRPC_CODE[error.code] : "INTERNAL_SERVER_ERROR";
    throw new TRPCError({ code, message: isAppError(error) ? error.message : "internal", cause: error });
  }
}

/** A list that grows as one scrolls is asked with a direction, which is a word of the library's and not of the caller's. */
function asSent<S extends z.ZodType>({ definition }: Verb<S>, sent: unknown): unknown {
  if (sent === null || typeof sent !== "object" || !("direction" in sent)) return sent;
  const names = namesAt(definition.input);
  if (names.includes("direction") || !names.includes("cursor")) return sent;
  const { direction: _direction, ...rest } = sent;
  return rest;
}

/** Refuses what does not fit and hands on what was sent: of a first reading, the verb could not tell what had been left out. */
const inputOf = <S extends z.ZodType>(verb: Verb<S>) =>
  z.custom<z.input<S>>((sent) => {
    parseInput(verb.definition.input, asSent(verb, sent));
    return true;
  });

/** tRPC's door to a query verb. */
export function queryOf<S extends z.ZodType, O>(verb: Verb<S, O>) {
  const { permission, name } = verb.definition;
  return base
    .meta({ permission, verb: name })
    .input(inputOf(verb))
    .query(({ ctx, input: value }) => call(() => verb.execute(ctx, asSent(verb, value))));
}

/** tRPC's door to a mutation verb. */
export function mutationOf<S extends z.ZodType, O>(verb: Verb<S, O>) {
  const { permission, name } = verb.definition;
  return base
    .meta({ permission, verb: name })
    .input(inputOf(verb))
    .mutation(({ ctx, input: value }) => call(() => verb.execute(ctx, value)));
}

/** A door for live streams, which are no verbs; the permission is named and checked by the caller of the stream. */
export const liveProcedure = (permission: Permission) => base.meta({ permission, verb: "live" });
