import { and, eq } from "drizzle-orm";
import { idempotencyKeys } from "@/db/schema";
import type { Caller } from "@/server/core/context";
import { digestOf } from "@/server/core/digest";
import { conflict, invalidField, isAppError } from "@/server/core/errors";
import type { RestRoute } from "./rest";

interface Answer {
  status: number;
  body: string;
}

/** What a key stands for: one request of one caller to one route. */
export interface KeyedRequest {
  route: string;
  key: string;
  input: unknown;
  /** The work may write something although it refuses the request; that is kept, and the key is free again. */
  keepsOnRefusal?: boolean;
  /** The answer shows a secret once: it is not kept, and a repetition is told so. */
  holdsSecret?: boolean;
}

/** What a key stands for at a REST route. */
export const keyedRequest = (route: RestRoute, key: string, input: unknown): KeyedRequest => ({
  route: `${route.method} ${route.path}`,
  key,
  input,
  keepsOnRefusal: route.verb.definition.transactional === false,
  holdsSecret: route.holdsSecret ?? false,
});

type Outcome = { answer: Answer } | { refusal: unknown };

/**
 * Same key, same caller, same route: the first answer again. Key, work and answer are one transaction: a process that dies in
 * between leaves nothing, and once the work is committed every repetition gets its answer. Of two concurrent requests the second
 * waits for the first; a failed attempt frees the key.
 */
export async function withIdempotency(
  caller: Caller,
  { route, key, input, keepsOnRefusal = false, holdsSecret = false }: KeyedRequest,
  run: (caller: Caller) => Promise<Answer>,
): Promise<Answer> {
  if (key.length > 200) throw invalidField("Idempotency-Key", "is longer than 200 characters");
  const actorId = caller.actor?.tokenId ?? caller.actor?.userId ?? "anonymous";
  const requestDigest = digestOf(input);
  const where = and(
    eq(idempotencyKeys.actorId, actorId),
    eq(idempotencyKeys.route, route),
    eq(idempotencyKeys.key, key),
  );
  const outcome = await caller.db.transaction(async (tx): Promise<Outcome> => {
    const claimed = await tx
      .insert(idempotencyKeys)
      .values({ actorId, route, key, requestDigest })
      .onConflictDoNothing()
      .returning({ key: idempotencyKeys.key });
    if (claimed.length > 0) {
      try {
        const answer = await run({ ...caller, db: tx });
        await tx
          .update(idempotencyKeys)
          .set({ status: answer.status, body: holdsSecret ? null : answer.body })
          .where(where);
        return { answer };
      } catch (error) {
        if (!keepsOnRefusal || !isAppError(error)) throw error;
        await tx.delete(idempotencyKeys).where(where);
        return { refusal: error };
      }
    }
    const [earlier] = await tx.select().from(idempotencyKeys).where(where);
    return { answer: answerAgain(earlier, requestDigest) };
  });
  if ("refusal" in outcome) throw outcome.refusal;
  return outcome.answer;
}

function answerAgain(
  earlier: typeof idempotencyKeys.$inferSelect | undefined,
  requestDigest: string,
): Answer {
  if (earlier && earlier.requestDigest !== requestDigest)
    throw conflict("This Idempotency-Key was used for another request.", "Use a new key for a new request.");
  if (earlier?.status && earlier.body !== null) return { status: earlier.status, body: earlier.body };
  throw conflict(
    "This request was done; its answer held a secret that is shown once.",
    "Revoke what it made, or make it anew with another key.",
  );
}
