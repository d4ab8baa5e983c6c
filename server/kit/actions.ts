import { headers } from "next/headers";
import type { z } from "zod";
import { db } from "@/db/client";
import { actorOfRequest } from "@/server/auth/request-actor";
import { isAppError, toPublicError, type PublicError } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { log } from "@/server/core/log";
import type { Verb } from "@/server/core/verb";

export type ActionResult<O> = { ok: true; data: O } | { ok: false; error: PublicError };

/**
 * The server-action door: same verb, same permission; errors come back as values so that a form keeps what was typed. `after` does what only
 * this door knows how to, with the request's headers.
 */
export async function runAction<S extends z.ZodType, O>(
  verb: Verb<S, O>,
  input: unknown,
  after?: (data: O, given: Headers) => Promise<void>,
): Promise<ActionResult<O>> {
  const requestId = newId("request");
  try {
    const given = await headers();
    const actor = await actorOfRequest(db(), given, "POST");
    const data = await verb.execute({ actor, db: db(), requestId }, input);
    await after?.(data, given);
    return { ok: true, data };
  } catch (error) {
    if (!isAppError(error)) log.error({ err: error, requestId, verb: verb.definition.name }, "action failed");
    return { ok: false, error: toPublicError(error, requestId) };
  }
}
