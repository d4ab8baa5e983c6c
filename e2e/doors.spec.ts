import net from "node:net";
import { z } from "zod";
import { apiOf, emailOf, signInByRequest } from "./fixtures/people";
import { expect, test } from "./fixtures/test";
import { world } from "./fixtures/world";

const at = (path: string) => new URL(path, world().portalUrl);
const cookieOf = async (persona: "scientist" | "reviewer") =>
  (await signInByRequest(emailOf(persona), world().password))
    .map(({ name, value }) => `${name}=${value}`)
    .join("; ");

const TrpcRefusal = z.object({
  error: z.object({
    json: z.looseObject({ data: z.looseObject({ app: z.looseObject({ code: z.string() }) }) }),
  }),
});

test("a cookie that was copied is worthless once its person has signed out", async () => {
  const cookie = await cookieOf("scientist");
  const other = await cookieOf("scientist");
  const session = (of: string) => fetch(at("/api/v1/session"), { headers: { cookie: of } });
  expect((await session(cookie)).status).toBe(200);
  const csrf = await fetch(at("/api/auth/csrf"), { headers: { cookie } });
  const { csrfToken } = z.object({ csrfToken: z.string() }).parse(await csrf.json());
  const csrfCookie = csrf.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
  await fetch(at("/api/auth/signout"), {
    method: "POST",
    redirect: "manual",
    headers: { cookie: `${cookie}; ${csrfCookie}` },
    body: new URLSearchParams({ csrfToken, json: "true" }),
  });
  expect((await session(cookie)).status).toBe(401);
  expect((await session(other)).status).toBe(200);
});

test("a call from another site is refused in the form of each door", async () => {
  const cookie = await cookieOf("reviewer");
  const from = { cookie, origin: "https://evil.example", "content-type": "application/json" };
  const browser = await fetch(at("/api/trpc/identity.updateProfile"), {
    method: "POST",
    headers: from,
    body: JSON.stringify({ json: { name: "Mallory" } }),
  });
  expect(browser.status).toBe(403);
  expect(TrpcRefusal.parse(await browser.json()).error.json.data.app.code).toBe("forbidden");
  const rest = await fetch(at("/api/v1/models"), { method: "POST", headers: from, body: "{}" });
  expect([rest.status, rest.headers.get("content-type")]).toEqual([403, "application/problem+json"]);
});

test("an address that spells no text is refused in the form of each door", async () => {
  const browser = await fetch(at("/api/trpc/%ff"));
  expect(browser.status).toBe(400);
  expect(TrpcRefusal.parse(await browser.json()).error.json.data.app.code).toBe("invalid");
  for (const path of ["/api/v1/models/%ff", "/api/2.0/mlflow/%ff", "/api/auth/%ff", "/models/%ff"]) {
    const answer = await fetch(at(path), { headers: { authorization: "Bearer none" } });
    expect([path, answer.status, answer.headers.get("content-type")]).toEqual([
      path,
      400,
      "application/problem+json",
    ]);
  }
});

test("headers beyond the limit are refused in words", async () => {
  const { hostname, port } = at("/");
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = net.connect(Number(port), hostname, () =>
      socket.write(`GET /api/v1/session HTTP/1.1\r\nhost: a\r\ncookie: ${"a".repeat(40_000)}\r\n\r\n`),
    );
    let heard = "";
    socket.on("data", (chunk) => (heard += chunk.toString()));
    socket.on("close", () => resolve(heard));
    socket.on("error", reject);
  });
  expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  expect(answer).toContain("application/problem+json");
});

test("programs are never led to the sign-in form", async () => {
  const unknown = await fetch(at("/no/such/thing"), {
    redirect: "manual",
    headers: { authorization: "Bearer mw_x" },
  });
  expect([unknown.status, unknown.headers.get("content-type")]).toEqual([404, "application/problem+json"]);
  const anonymous = await fetch(at("/models"), { redirect: "manual" });
  expect([anonymous.status, anonymous.headers.get("www-authenticate")]).toEqual([
    401,
    'Bearer realm="modelworks"',
  ]);
  const person = await fetch(at("/models"), { redirect: "manual", headers: { accept: "text/html" } });
  expect(person.status).toBe(307);
});

test("half a character is refused by the name of its field", async () => {
  const answer = await (
    await apiOf("scientist")
  ).send("POST", "/api/v1/models", '{"name":"half \\ud800"}', {
    "content-type": "application/json",
  });
  expect(answer).toMatchObject({ status: 400, body: { details: { fields: { name: expect.any(String) } } } });
});
