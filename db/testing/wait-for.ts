import { setTimeout as delay } from "node:timers/promises";

/**
 * Asks again and again until `check` returns something truthy, and returns that. A check that throws is asked
 * again too; the last error becomes the cause when time is up. Never sleeps a fixed time in the hope of a result.
 */
export async function waitFor<T>(
  check: () => T | Promise<T>,
  options: { timeoutMs?: number; intervalMs?: number; what?: string } = {},
): Promise<NonNullable<T>> {
  const { timeoutMs = 10_000, intervalMs = 20, what = "the expected state" } = options;
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value) return value;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`Waited ${timeoutMs} ms for ${what}`, { cause: lastError });
    }
    await delay(intervalMs);
  }
}
