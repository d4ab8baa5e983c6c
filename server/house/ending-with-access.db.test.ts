import { serve, type ServerType } from "@hono/node-server";
import { eq } from "drizzle-orm";
import { encode } from "next-auth/jwt";
import { afterAll, beforeAll, expect, it } from "vitest";
import { apiTokens } from "@/db/schema";
import { authSecret } from "@/server/auth/secret";
import { openSession, signOutOf } from "@/server/auth/sessions";
import { dispatchJob } from "@/server/compute/dispatch-job";
import { createWorld, type Person, type World } from "@/server/governance/testing";
import { disablePerson } from "@/server/identity/disable-person";
import { removeMember } from "@/server/identity/remove-member";
import { createToken } from "@/server/identity/create-token";
import { createHttpApp } from "./http-app";

let world: World;
let server: ServerType;
let url: string;
beforeAll(async () => {
  process.env.AUTH_SECRET = "0123456789abcdef0123456789abcdef";
  world = await createWorld();
  await new Promise<void>((resolve) => {
    server = serve({ fetch: createHttpApp().fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => {
      url = `http://127.0.0.1:${port}`;
      resolve();
    });
  });
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await world.close();
});

/** The log of a job that never starts, so that its stream never ends by itself. */
async function endlessLog(person: Person) {
  const resources = { cpuMilli: 100, memoryBytes: 128 * 1024 ** 2, gpuMilli: 0 };
  const job = await dispatchJob.execute(person.caller, { name: "Test", command: ["true"], resources });
  return async (headers: Record<string, string>) => {
    const answer = await fetch(`${url}/api/v1/jobs/${job.id}/log/stream`, { headers });
    expect(answer.status).toBe(200);
    const reader = answer.body?.getReader();
    if (!reader) throw new Error("no stream");
    await reader.read();
    const readOn = async (): Promise<"ended"> => ((await reader.read()).done ? "ended" : readOn());
    return { end: readOn().catch(() => "broken off" as const) };
  };
}

async function tokenOf(person: Person) {
  const made = await createToken.execute(person.caller, { name: "ci", scopes: ["read"], expiresInDays: 1 });
  return { id: made.id, headers: { authorization: `Bearer ${made.token}` } };
}

async function cookieOf(person: Person) {
  const sid = await openSession(world.db, { userId: person.id, method: "password", userAgent: "" });
  const jwt = await encode({ token: { uid: person.id, sv: 1, sid }, secret: authSecret() });
  const claims = { userId: person.id, sessionVersion: 1, sessionId: sid };
  return { claims, headers: { cookie: `next-auth.session-token=${jwt}` } };
}

it("a log that is followed with a token breaks off when the token is revoked", async () => {
  const ada = await world.person("member");
  const { id, headers } = await tokenOf(ada);
  const follow = await endlessLog(ada);
  const one = await follow(headers);
  const other = await follow((await tokenOf(ada)).headers);
  await world.db.update(apiTokens).set({ revokedAt: new Date() }).where(eq(apiTokens.id, id));
  expect(await one.end).toBe("broken off");
  const administrator = await world.person("admin");
  const actor = { ...administrator.actor, isPlatformAdmin: true };
  await disablePerson.execute({ db: world.db, actor }, { userId: ada.id });
  expect(await other.end).toBe("broken off");
});

it("one that a browser follows breaks off when its person signs out, or leaves the team", async () => {
  const ada = await world.person("member");
  const follow = await endlessLog(ada);
  const { claims, headers } = await cookieOf(ada);
  const one = await follow(headers);
  const other = await follow((await cookieOf(ada)).headers);
  await signOutOf(world.db, claims);
  expect(await one.end).toBe("broken off");
  const { caller } = await world.person("admin");
  await removeMember.execute(caller, { teamId: world.teamId, userId: ada.id });
  expect(await other.end).toBe("broken off");
});
