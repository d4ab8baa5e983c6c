import { and, eq } from "drizzle-orm";
import { idempotencyKeys } from "@/db/schema";
import type { Caller } from "@/server/core/context";
import { digestOf } from "@/server/core/digest";
import { conflict, invalidField } from "@/server/core/errors";
import type { RestRoute } from "../rest";

interface Answer {
  status: number;
  body: string;
}

/**
 * Same key, same caller, same route: the first answer again. Key, work and answer are one transaction: a process that dies in the middle
 * leaves none of them, so that a retry does the work, once. A second request with the key waits for the first.
 * A refused request keeps no key. An answer that holds a secret is not kept; its repetition is told so.
 */
export async function withIdempotency(
  caller: Caller,
  route: RestRoute,
  key: string,
  input: unknown,
  run: (caller: Caller) => Promise<Answer>,
): Promise<Answer> {
  if (key.length > 200) throw invalidField("Idempotency-Key", "is longer than 200 characters");
  const actorId = caller.actor?.tokenId ?? caller.actor?.userId ?? "anonymous";
  const name = `${route.method} ${route.path}`;
  const requestDigest = digestOf(input);
  const where = and(
    eq(idempotencyKeys.actorId, actorId),
    eq(idempotencyKeys.route, name),
    eq(idempotencyKeys.key, key),
  );
  if (route.verb.definition.transactional === false) {
    // It opens its own transactions and is guarded by the state it changes.
    const [earlier] = await caller.db.select().from(idempotencyKeys).where(where);
    if (earlier) return answerAgain(earlier, requestDigest);
    const answer = await run(caller);
    const row = { actorId, route: name, key, requestDigest, ...answer };
    await caller.db.insert(idempotencyKeys).values(row).onConflictDoNothing();
    return answer;
  }
  return caller.db.transaction(async (tx) => {
    const claimed = await tx
      .insert(idempotencyKeys)
      .values({ actorId, route: name, key, requestDigest })
      .onConflictDoNothing()
      .returning({ key: idempotencyKeys.key });
    if (claimed.length === 0) {
      const [earlier] = await tx.select().from(idempotencyKeys).where(where);
      return answerAgain(earlier, requestDigest);
    }
    const answer = await run({ ...caller, db: tx });
    const body = route.holdsSecret ? null : answer.body;
    await tx.update(idempotencyKeys).set({ status: answer.status, body }).where(where);
    return answer;
  });
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
