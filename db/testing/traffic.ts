import pg from "pg";
import { vi } from "vitest";
import { z } from "zod";

const Result = z.object({ rows: z.array(z.unknown()) });

/** What `work` asks of the database outside transactions: how many statements, and how many rows come back. */
export async function trafficOf(work: () => Promise<unknown>): Promise<{ statements: number; rows: number }> {
  const spy = vi.spyOn(pg.Pool.prototype, "query");
  try {
    await work();
    const results = spy.mock.settledResults.map((each) => Result.parse(each.value));
    return {
      statements: results.length,
      rows: results.reduce((sum, { rows }) => sum + rows.length, 0),
    };
  } finally {
    spy.mockRestore();
  }
}
