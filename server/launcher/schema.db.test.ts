import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { migrateExternal } from "./schema";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

const changed = (change: (url: URL) => void) => {
  const url = new URL(database.ownerUrl);
  change(url);
  return url.href;
};

describe("a database of the operator's own", () => {
  it("is migrated, and once more does no harm", async () => {
    await migrateExternal(database.ownerUrl, "DATABASE_URL");
  });

  it.each([
    ["nobody listens", (url: URL) => (url.port = "1"), /ECONNREFUSED/, /Start the database/],
    ["a wrong password", (url: URL) => (url.password = "wrong"), /password/, /user and the password/],
    ["no such database", (url: URL) => (url.pathname = "/nowhere"), /nowhere/, /Create the database/],
  ])("is refused in words: %s", async (_why, change, message, hint) => {
    await expect(migrateExternal(changed(change), "DATABASE_URL")).rejects.toMatchObject({
      name: "LauncherError",
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  it("is refused in words when the role may not make the schema; the address's password is not told", async () => {
    const refused = migrateExternal(
      changed((url) => {
        const app = new URL(database.url);
        url.username = app.username;
        url.password = app.password;
      }),
      "DATABASE_URL",
    );
    await expect(refused).rejects.toMatchObject({
      hint: expect.stringMatching(/GRANT USAGE, CREATE ON SCHEMA public TO "modelworks_app";/),
    });
    await expect(refused).rejects.not.toThrow(new URL(database.url).password);
  });
});
