import { log } from "@/server/core/log";
import { isTransient } from "@/server/core/transient";

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 2_000;

/** Repeats `work` for as long as the database is away (at most `forMs`); other errors pass through at once. */
export async function outlastOutage<T>(
  what: string,
  work: () => Promise<T>,
  forMs = 15 * 60_000,
): Promise<T> {
  const until = Date.now() + forMs;
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(delay * 2, LONGEST_DELAY_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!isTransient(error) || Date.now() > until) throw error;
      log.warn({ err: error, what }, "the database is away; waiting");
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
  }
}
