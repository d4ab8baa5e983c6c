import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { createRun, getRun, logBatch } from "./index";
import { memberOf } from "./testing";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
const ada = () => ({ actor: memberOf("team_long"), db: database.db });

it.each([
  ["params", 6000],
  ["tags", 8000],
] as const)(
  "cuts a value of %s after %i characters, never within one, as often as it is sent",
  async (kind, limit) => {
    const { id: runId } = await createRun.execute(ada(), {});
    const value = `${"x".repeat(limit - 1)}🦆tail`;
    const log = () => logBatch.execute(ada(), { runId, [kind]: [{ key: "p", value }] });
    await log();
    await log();
    const run = await getRun.execute(ada(), { runId });
    expect(run[kind].find(({ key }) => key === "p")?.value).toBe(`${"x".repeat(limit - 1)}🦆`);
  },
);
