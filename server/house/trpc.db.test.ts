import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import superjson from "superjson";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { appRouter } from "./router";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

const Told = z.object({
  error: z.object({
    json: z.looseObject({ data: z.looseObject({ app: z.record(z.string(), z.unknown()) }) }),
  }),
});

/** What the browser hears when it calls a procedure without a session. */
async function ask(procedure: string, input: unknown) {
  const response = await fetchRequestHandler({
    endpoint: "/api/trpc",
    router: appRouter,
    createContext: () => ({ db: database.db, requestId: "req_1", actor: undefined }),
    req: new Request(`http://localhost/api/trpc/${procedure}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(superjson.serialize(input)),
    }),
  });
  const { error } = Told.parse(await response.json());
  return { status: response.status, ...error.json.data.app };
}

describe("the browser's door", () => {
  it("names the fields of an input that it refuses before the verb sees it", async () => {
    const told = await ask("compute.quota.setFlavor", { name: "No spaces", title: "A100", capacityMilli: 1 });
    expect(told).toMatchObject({
      status: 400,
      code: "invalid",
      hint: "Correct the named fields and try again.",
      details: { fields: { name: expect.stringContaining("lower-case letters") } },
    });
  });

  it("lets nobody past it without a session", async () => {
    const told = await ask("compute.quota.setFlavor", { name: "a100", title: "A100", capacityMilli: 1 });
    expect(told).toMatchObject({ status: 401, code: "unauthenticated" });
  });
});
