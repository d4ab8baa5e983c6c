import { eq } from "drizzle-orm";
import { encode } from "next-auth/jwt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { auditLog, memberships, sessions, users } from "@/db/schema";
import { appRouter } from "@/server/house/router";
import { systemActor, type Actor } from "@/server/core/actor";
import { createCtx } from "@/server/core/context";
import { notifyLive } from "@/server/core/live";
import { createWorld, type Person, type World } from "@/server/governance/testing";
import { ensureBootstrapToken } from "@/server/identity/bootstrap-token";
import { endOtherSessions } from "@/server/identity/end-other-sessions";
import { endSession } from "@/server/identity/end-session";
import { listSessions } from "@/server/identity/list-sessions";
import { switchTeam } from "@/server/identity/switch-team";
import { changeRole } from "@/server/identity/change-role";
import { removeMember } from "@/server/identity/remove-member";
import { disablePerson } from "@/server/identity/disable-person";
import { createToken } from "@/server/identity/create-token";
import { revokeToken } from "@/server/identity/revoke-token";
import { signInByOidc } from "./oidc";
import { actorOfRequest } from "./request-actor";
import { authSecret } from "./secret";
import { openSession, signOutOf } from "./sessions";
import { signInByPassword } from "./sign-in";
import { jobsTopic } from "@/server/compute/kinds";

let world: World;
beforeAll(async () => {
  process.env.AUTH_SECRET = "0123456789abcdef0123456789abcdef";
  world = await createWorld();
});
afterAll(() => world.close());

/** A browser of a person: its cookie, as it may also be copied. */
async function browserOf(person: Person, userAgent = "Firefox/140.0 (Windows)") {
  const sid = await openSession(world.db, { userId: person.id, method: "password", userAgent });
  const jwt = await encode({ token: { uid: person.id, sv: 1, sid }, secret: authSecret() });
  const headers = new Headers({ cookie: `next-auth.session-token=${jwt}` });
  const actorNow = () => actorOfRequest(world.db, headers, "GET");
  return { sid, actorNow, claims: { userId: person.id, sessionVersion: 1, sessionId: sid } };
}

describe("a session", () => {
  it("ends for every copy of its cookie when its person signs out; those of other browsers go on", async () => {
    const ada = await world.person("member");
    const [one, other] = [await browserOf(ada), await browserOf(ada)];
    expect(await one.actorNow()).toMatchObject({ userId: ada.id, sessionId: one.sid });
    await signOutOf(world.db, one.claims);
    expect(await one.actorNow()).toBeUndefined();
    expect(await other.actorNow()).toMatchObject({ userId: ada.id });
    const rows = await world.db.select().from(auditLog).where(eq(auditLog.actorId, ada.id));
    expect(rows.map((row) => row.action)).toContain("identity.session.sign_out");
  });

  it("is nobody's once it has expired, belongs to another person, or comes from an earlier release", async () => {
    const [ada, bob] = [await world.person("member"), await world.person("member")];
    const { sid, actorNow } = await browserOf(ada);
    const forged = await encode({ token: { uid: bob.id, sv: 1, sid }, secret: authSecret() });
    const old = await encode({ token: { uid: ada.id, sv: 1 }, secret: authSecret() });
    for (const jwt of [forged, old]) {
      const headers = new Headers({ cookie: `next-auth.session-token=${jwt}` });
      expect(await actorOfRequest(world.db, headers, "GET")).toBeUndefined();
    }
    await world.db
      .update(sessions)
      .set({ expiresAt: new Date(0) })
      .where(eq(sessions.id, sid));
    expect(await actorNow()).toBeUndefined();
  });

  it("is listed no more once a new password has ended it", async () => {
    const ada = await world.person("member");
    const { sid } = await browserOf(ada);
    await world.db.update(users).set({ sessionVersion: 2 }).where(eq(users.id, ada.id));
    expect(await listSessions.execute(ada.caller, {})).toEqual({ items: [] });
    const [row] = await world.db.select().from(sessions).where(eq(sessions.id, sid));
    expect(row?.endedAt).toBeInstanceOf(Date);
  });

  it("is forgotten a month after its time, also when its person never came back", async () => {
    const [ada, bob] = [await world.person("member"), await world.person("member")];
    const [old, late] = [await browserOf(ada), await browserOf(ada)];
    const expired = (sid: string, days: number) =>
      world.db
        .update(sessions)
        .set({ expiresAt: new Date(Date.now() - days * 86_400_000) })
        .where(eq(sessions.id, sid));
    await expired(old.sid, 31);
    await expired(late.sid, 29);
    await browserOf(bob);
    const rows = await world.db.select().from(sessions).where(eq(sessions.userId, ada.id));
    expect(rows.map((row) => row.id)).toEqual([late.sid]);
  });

  it("is listed for its person alone, who ends one or all others", async () => {
    const [ada, bob] = [await world.person("member"), await world.person("member")];
    const [here, there, third] = [await browserOf(ada), await browserOf(ada, "curl/8"), await browserOf(ada)];
    const foreign = await browserOf(bob);
    const caller = { db: world.db, actor: await here.actorNow() };
    const { items } = await listSessions.execute(caller, {});
    expect(items.map((item) => [item.id, item.isThis])).toEqual([
      [third.sid, false],
      [there.sid, false],
      [here.sid, true],
    ]);
    await expect(endSession.execute(caller, { sessionId: foreign.sid })).rejects.toMatchObject({
      code: "not_found",
    });
    await endSession.execute(caller, { sessionId: there.sid });
    expect(await there.actorNow()).toBeUndefined();
    expect(await endOtherSessions.execute(caller, {})).toEqual({ ended: 1 });
    expect(await third.actorNow()).toBeUndefined();
    expect(await here.actorNow()).toBeDefined();
    expect(await foreign.actorNow()).toBeDefined();
  });

  it("is not for tokens to see or end", async () => {
    const ada = await world.person("member");
    const { actorNow } = await browserOf(ada);
    const actor = await actorNow();
    const caller = {
      db: world.db,
      actor: actor && { ...actor, kind: "token" as const, scopes: ["admin" as const] },
    };
    await expect(listSessions.execute(caller, {})).rejects.toMatchObject({ code: "forbidden" });
  });
});

async function administrator() {
  const { actor } = await world.person("admin");
  return { db: world.db, actor: { ...actor, isPlatformAdmin: true } };
}

/** The live stream of a caller. What comes after the greeting may also be what was missed before the listening began. */
async function listen(actorNow: () => Promise<Actor | undefined>) {
  const context = { db: world.db, requestId: "req_1", actor: await actorNow(), actorNow };
  const stream = await appRouter.createCaller(context).live.changes({ topics: ["jobs"] });
  const iterator = stream[Symbol.asyncIterator]();
  await iterator.next();
  const readOn = async (): Promise<void> => ((await iterator.next()).done ? undefined : readOn());
  return { next: () => iterator.next(), end: readOn };
}

describe("an open stream ends at once", () => {
  const cases: [string, (who: Person, sid: string) => Promise<unknown>, string][] = [
    [
      "when its person signs out",
      (who, sid) => signOutOf(world.db, { userId: who.id, sessionVersion: 1, sessionId: sid }),
      "UNAUTHORIZED",
    ],
    [
      "when they are disabled",
      async (who) => disablePerson.execute(await administrator(), { userId: who.id }),
      "UNAUTHORIZED",
    ],
    [
      "when all their sessions are ended by a new password",
      (who) => world.db.update(users).set({ sessionVersion: 2 }).where(eq(users.id, who.id)),
      "UNAUTHORIZED",
    ],
    [
      "when they leave the team",
      async (who) =>
        removeMember.execute((await world.person("admin")).caller, { teamId: world.teamId, userId: who.id }),
      "FORBIDDEN",
    ],
  ];
  it.each(cases)("%s", async (_what, act, code) => {
    const ada = await world.person("member");
    const browser = await browserOf(ada);
    const end = (await listen(browser.actorNow)).end();
    await act(ada, browser.sid);
    await expect(end).rejects.toMatchObject({ code });
  });

  it("when the token is revoked that it was opened with", async () => {
    const ada = await world.person("member");
    const made = await createToken.execute(ada.caller, { name: "ci", scopes: ["read"], expiresInDays: 1 });
    const headers = new Headers({ authorization: `Bearer ${made.token}` });
    const end = (await listen(() => actorOfRequest(world.db, headers, "GET"))).end();
    await revokeToken.execute(ada.caller, { tokenId: made.id });
    await expect(end).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  });

  it("and when its person chooses another team in another window", async () => {
    const ada = await world.person("member");
    await world.db.insert(memberships).values({ teamId: world.otherTeamId, userId: ada.id, role: "member" });
    const browser = await browserOf(ada);
    const end = (await listen(browser.actorNow)).end();
    await switchTeam.execute(
      { db: world.db, actor: await browser.actorNow() },
      { teamId: world.otherTeamId },
    );
    await expect(end).rejects.toMatchObject({ code: "FORBIDDEN" });
  });

  it("and goes on after a change that leaves them in the team", async () => {
    const ada = await world.person("member");
    const browser = await browserOf(ada);
    const { next } = await listen(browser.actorNow);
    await changeRole.execute((await world.person("admin")).caller, {
      teamId: world.teamId,
      userId: ada.id,
      role: "viewer",
    });
    await notifyLive(world.db, world.teamId, jobsTopic);
    await expect(next()).resolves.toMatchObject({ done: false });
  });
});

it("nobody becomes the person of the operator's token by its address, before or after it is there", async () => {
  const profile = { sub: "s-9", email: "Bootstrap@service.local", email_verified: true };
  const trySignIn = () => signInByOidc(world.db, "https://idp.example", profile);
  expect(await trySignIn()).toEqual({ refusal: "service_account" });
  const token = "a-token-of-the-operator-0123456789";
  await ensureBootstrapToken(createCtx({ actor: systemActor(""), db: world.db }), token);
  expect(await trySignIn()).toEqual({ refusal: "service_account" });
});

describe("what the database cannot hold", () => {
  it("is no account, and counts as a wrong one", async () => {
    for (const email of ["ada\0@example.org", "\uD800@example.org", "\0"]) {
      const given = { email, password: "correct horse battery", address: "192.0.2.77" };
      expect(await signInByPassword(world.db, given)).toEqual({ outcome: "refused" });
    }
  });

  it("is refused from an identity provider", async () => {
    const claims = { sub: "s-1", email: "s-1@example.org", email_verified: true, name: "S" };
    for (const made of [{ name: "S\0" }, { sub: "s\0" }, { preferred_username: "\uD800" }])
      expect(await signInByOidc(world.db, "https://idp.example", { ...claims, ...made })).toEqual({
        refusal: "bad_claims",
      });
    expect(await signInByOidc(world.db, "https://idp.example", claims)).toMatchObject({
      person: { email: "s-1@example.org" },
    });
  });
});
