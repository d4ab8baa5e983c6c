import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { eq } from "drizzle-orm";
import { encode } from "next-auth/jwt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiTokens, idempotencyKeys, registeredModels } from "@/db/schema";
import { appRouter } from "./router";
import { authSecret } from "@/server/auth/secret";
import { openSession } from "@/server/auth/sessions";
import { createWorld, type Person, type World } from "@/server/governance/testing";
import { createToken } from "@/server/identity/create-token";
import { createModel } from "@/server/registry";
import { createHttpApp } from "./http-app";
import { keyedRequest, withIdempotency } from "@/server/kit/idempotency";
import { rest } from "@/server/kit/rest";
import { restRoutes } from "./rest-routes";

let world: World;
let member: Person;
let app: ReturnType<typeof createHttpApp>;
let token: string;

beforeAll(async () => {
  world = await createWorld();
  process.env.AUTH_SECRET = "0123456789abcdef0123456789abcdef";
  member = await world.person("member");
  app = createHttpApp();
  const made = await createToken.execute(member.caller, { name: "ci", scopes: ["write"], expiresInDays: 1 });
  token = made.token;
});
afterAll(() => world.close());

async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await app.request(path, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body: answer };
}

const modelsCalled = (name: string) =>
  world.db.select().from(registeredModels).where(eq(registeredModels.name, name));

describe("an Idempotency-Key", () => {
  const make = (name: string, key: string) =>
    send("POST", "/api/v1/models", { name }, { "idempotency-key": key });

  it("gives the first answer again, also to two requests at once, and refuses another request", async () => {
    const answers = await Promise.all([make("once", "k1"), make("once", "k1"), make("once", "k1")]);
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    expect(answers.map((answer) => answer.status)).toEqual(Array(3).fill(answers[0]?.status));
    expect(answers[0]?.status).toBeLessThan(300);
    expect(await modelsCalled("once")).toHaveLength(1);
    expect(await make("twice", "k1")).toMatchObject({ status: 409, body: { code: "conflict" } });
  });

  it("is not used up by a refused request", async () => {
    expect((await make("", "k2")).status).toBe(400);
    expect((await make("second-try", "k2")).status).toBeLessThan(300);
  });

  it("leaves neither work nor key when the process dies before the answer", async () => {
    const route = restRoutes.find((each) => each.path === "/models" && each.method === "post");
    if (!route) throw new Error("no route");
    const input = { name: "dies" };
    const dying = withIdempotency(member.caller, keyedRequest(route, "k3", input), async (caller) => {
      await createModel.execute(caller, { name: "dies", tags: [] });
      throw new Error("killed");
    });
    await expect(dying).rejects.toThrow("killed");
    expect(await modelsCalled("dies")).toEqual([]);
    expect(await world.db.select().from(idempotencyKeys).where(eq(idempotencyKeys.key, "k3"))).toEqual([]);
  });

  it("never stores a secret, and says so when it is asked again", async () => {
    const holding = restRoutes
      .filter((route) => route.holdsSecret)
      .map((route) => route.verb.definition.name);
    expect(holding.toSorted()).toEqual([
      "identity.person.create",
      "identity.person.reset_password",
      "identity.token.create",
    ]);
    const route = rest("Test", "post", "/tokens", createToken, { status: 201, holdsSecret: true });
    const input = { name: "kept", scopes: ["read"], expiresInDays: 1 };
    const call = () =>
      withIdempotency(member.caller, keyedRequest(route, "k4", input), async (caller) => {
        const made = await createToken.execute(caller, input);
        return { status: 201, body: JSON.stringify(made) };
      });
    expect((await call()).body).toContain("mw_");
    await expect(call()).rejects.toMatchObject({ code: "conflict" });
    const [row] = await world.db.select().from(idempotencyKeys).where(eq(idempotencyKeys.key, "k4"));
    expect(row).toMatchObject({ status: 201, body: null });
    expect(await world.db.select().from(apiTokens).where(eq(apiTokens.name, "kept"))).toHaveLength(1);
  });
});

describe("a hostile request gets a problem document", () => {
  it.each([
    ["broken JSON", "POST", "/api/v1/models", "{", 400],
    ["a list for a body", "POST", "/api/v1/models", "[]", 400],
    ["an unknown route", "GET", "/api/v1/nothing", undefined, 404],
    ["an unknown route outside of v1", "PUT", "/api/nothing", "{}", 404],
    ["a cursor of another list", "GET", "/api/v1/models?cursor=e30", undefined, 400],
    ["a limit that is no number", "GET", "/api/v1/models?limit=many", undefined, 400],
  ])("%s", async (_what, method, path, body, status) => {
    const answer = await send(method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toMatch(/json/);
    expect(answer.body).toMatchObject({ status, requestId: expect.stringMatching(/./) });
  });

  it("a foreign page with our cookie, and a cookie with broken escapes", async () => {
    const sid = await openSession(world.db, { userId: member.id, method: "password", userAgent: "test" });
    const jwt = await encode({ token: { uid: member.id, sv: 1, sid }, secret: authSecret() });
    const cookie = `other=%E0%A4%A; next-auth.session-token=${jwt}`;
    let sent = 0;
    const by = (headers: Record<string, string>) =>
      send(
        "POST",
        "/api/v1/models",
        { name: `by-cookie-${(sent += 1)}` },
        {
          authorization: "",
          cookie,
          host: "portal.test",
          ...headers,
        },
      );
    expect((await send("GET", "/api/v1/session", undefined, { authorization: "", cookie })).status).toBe(200);
    expect((await by({ origin: "http://portal.test" })).status).toBeLessThan(300);
    expect((await by({ "sec-fetch-site": "same-origin" })).status).toBeLessThan(300);
    const foreign: Record<string, string>[] = [
      {},
      { origin: "null" },
      { origin: "http://evil.test" },
      { origin: "http://portal.test.evil.test" },
      { origin: "http://portal.test", "sec-fetch-site": "cross-site" },
    ];
    for (const headers of foreign)
      expect(await by(headers)).toMatchObject({ status: 403, body: { code: "forbidden" } });
  });
});

it("tRPC names the fields of a refused input instead of hiding them behind a request id", async () => {
  const response = await fetchRequestHandler({
    endpoint: "/api/trpc",
    req: new Request(
      `http://portal.test/api/trpc/governance.review?input=${encodeURIComponent('{"json":{"reviewId":7}}')}`,
    ),
    router: appRouter,
    createContext: () => ({ db: world.db, requestId: "req_1", actor: member.actor }),
  });
  const text = await response.text();
  expect(response.status).toBe(400);
  expect(text).toContain('"invalid"');
  expect(text).toContain("reviewId");
});
