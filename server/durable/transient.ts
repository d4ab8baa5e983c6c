import { log } from "@/server/core/log";

const SQLSTATE = /^(08|57P0|53300|40001|40P01)/;
const NODE_CODES = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOENT", "EAI_AGAIN"]);
const MESSAGES =
  /connection terminated|connection ended|timeout exceeded when trying to connect|server closed the connection|not queryable|the database system is/i;

/** Whether an error says that the database is away for a moment, rather than that the work is wrong. */
export function isTransient(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth += 1) {
    const code = "code" in at && typeof at.code === "string" ? at.code : "";
    if (SQLSTATE.test(code) || MESSAGES.test(at.message)) return true;
    if (NODE_CODES.has(code) && "syscall" in at && at.syscall === "connect") return true;
    if (code === "ECONNRESET" || code === "EPIPE") return true;
  }
  return false;
}

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
