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
 * Same key, same caller, same route: the first answer again. The key is claimed before the work, so of two concurrent requests
 * one works and the other is told to retry; a failed attempt frees the key.
 */
export async function withIdempotency(
  caller: Caller,
  route: RestRoute,
  key: string,
  input: unknown,
  run: () => Promise<Answer>,
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
  const claimed = await caller.db
    .insert(idempotencyKeys)
    .values({ actorId, route: name, key, requestDigest })
    .onConflictDoNothing()
    .returning({ key: idempotencyKeys.key });
  if (claimed.length === 0) {
    const [earlier] = await caller.db.select().from(idempotencyKeys).where(where);
    if (earlier && earlier.requestDigest !== requestDigest) {
      throw conflict(
        "This Idempotency-Key was used for another request.",
        "Use a new key for a new request.",
      );
    }
    if (earlier?.status && earlier.body !== null) return { status: earlier.status, body: earlier.body };
    throw conflict(
      "A request with this Idempotency-Key is still being worked on.",
      "Try again in a moment with the same key.",
    );
  }
  try {
    const answer = await run();
    await caller.db.update(idempotencyKeys).set({ status: answer.status, body: answer.body }).where(where);
    return answer;
  } catch (error) {
    await caller.db.delete(idempotencyKeys).where(where);
    throw error;
  }
}
