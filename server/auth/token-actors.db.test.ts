import { eq } from "drizzle-orm";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDb } from "@/db/client";
import { apiTokens, memberships, teams, users } from "@/db/schema";
import { createTestDatabase, waitFor, type TestDatabase } from "@/db/testing";
import { TokenActors } from "./token-actors";
import { newApiToken, tokenHash, tokenPrefix } from "./token-format";

const HOUR_MS = 3_600_000;
let database: TestDatabase;

async function makeToken(name: string) {
  const token = newApiToken();
  await database.db.insert(users).values({ id: `usr_${name}`, email: `${name}@test.local`, name });
  await database.db.insert(memberships).values({ teamId: "team_a", userId: `usr_${name}`, role: "member" });
  await database.db.insert(apiTokens).values({
    id: `tok_${name}`,
    teamId: "team_a",
    userId: `usr_${name}`,
    name,
    prefix: tokenPrefix(token),
    hash: tokenHash(token),
    scopes: ["track"],
    expiresAt: new Date(Date.now() + HOUR_MS),
  });
  return token;
}

beforeAll(async () => {
  database = await createTestDatabase();
  await database.db.insert(teams).values({ id: "team_a", slug: "a", name: "A" });
});
afterAll(() => database.close());

const revoke = (id: string) =>
  database.db.update(apiTokens).set({ revokedAt: new Date() }).where(eq(apiTokens.id, id));

describe("remembered callers", () => {
  it("are asked for once, and again after a change is told", async () => {
    const token = await makeToken("ada");
    const actors = new TokenActors(database.db, { freshMs: HOUR_MS, staleMs: 0 });
    expect(await actors.actor(token)).toMatchObject({ userId: "usr_ada", role: "member", scopes: ["track"] });
    await revoke("tok_ada");
    expect(await actors.actor(token)).toMatchObject({ userId: "usr_ada" });
    actors.forget();
    await expect(actors.actor(token)).rejects.toMatchObject({ code: "unauthenticated" });
  });

  it("are not remembered when a change came while they were read", async () => {
    const token = await makeToken("grace");
    const actors = new TokenActors(database.db, { freshMs: HOUR_MS, staleMs: 0 });
    const reading = actors.actor(token);
    actors.forget();
    await reading;
    await revoke("tok_grace");
    await expect(actors.actor(token)).rejects.toMatchObject({ code: "unauthenticated" });
  });

  it("are asked for again after the time they hold", async () => {
    const token = await makeToken("mary");
    const actors = new TokenActors(database.db, { freshMs: 0, staleMs: 0 });
    await actors.actor(token);
    await revoke("tok_mary");
    await expect(actors.actor(token)).rejects.toMatchObject({ code: "unauthenticated" });
  });

  it("are still served while the database is away, also after a change, but strangers are not", async () => {
    const token = await makeToken("joan");
    const own = openDb(database.url, { max: 1 });
    const actors = new TokenActors(own.db, { freshMs: 0, staleMs: HOUR_MS });
    await actors.actor(token);
    await own.close();
    actors.forget();
    expect(await actors.actor(token)).toMatchObject({ userId: "usr_joan" });
    await expect(actors.actor(newApiToken())).rejects.toThrow();
  });

  it("the database tells of every change of token, person and membership, and of no mere use", async () => {
    await makeToken("rosa");
    const heard: string[] = [];
    const client = new pg.Client({ connectionString: database.url });
    client.on("notification", (message) => heard.push(message.channel));
    await client.connect();
    await client.query("listen mw_access");
    const told = async (work: Promise<unknown>) => {
      heard.length = 0;
      await work;
      await waitFor(() => heard.length > 0 || undefined, { timeoutMs: 5_000, what: "the message" });
    };
    const member = eq(memberships.userId, "usr_rosa");
    await told(database.db.update(memberships).set({ role: "viewer" }).where(member));
    await told(database.db.update(users).set({ disabledAt: new Date() }).where(eq(users.id, "usr_rosa")));
    await told(database.db.delete(memberships).where(member));
    heard.length = 0;
    await database.db.update(apiTokens).set({ lastUsedAt: new Date() });
    await told(revoke("tok_rosa"));
    expect(heard).toEqual(["mw_access"]);
    await client.end();
  });
});
