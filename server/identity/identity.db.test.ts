import { eq } from "drizzle-orm";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { auditLog, users } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { actorOfToken, actorOfUser } from "@/server/auth/actor";
import type { Actor } from "@/server/core/actor";
import { notify } from "@/server/notifications";
import { listInbox } from "@/server/notifications/list-inbox";
import { markInbox } from "@/server/notifications/mark-inbox";
import { audit } from "@/server/core/audit";
import { createCtx } from "@/server/core/context";
import { listAudit } from "./list-audit";
import { sealAudit } from "./seal-audit";
import { verifyAudit } from "./verify-audit";
import { bootstrap } from "./bootstrap";
import { claimReset } from "./claim-reset";
import { createPerson } from "./create-person";
import { disablePerson } from "./disable-person";
import { listPeople } from "./list-people";
import { changePassword } from "./change-password";
import { claimSetup } from "./claim-setup";
import { getSession } from "./get-session";
import { switchTeam } from "./switch-team";
import { addMember } from "./add-member";
import { changeRole } from "./change-role";
import { createTeam } from "./create-team";
import { listMembers } from "./list-members";
import { removeMember } from "./remove-member";
import { createToken } from "./create-token";
import { listTokens } from "./list-tokens";
import { revokeToken } from "./revoke-token";
import { signInByPassword } from "@/server/auth/sign-in";

let database: TestDatabase;
let platform: Actor;
let scientist: Actor;
const PASSWORD = "correct horse battery";
const BOOT = "an-operators-own-token-0001";
const settings = { demo: true, demoPassword: PASSWORD, bootstrapToken: BOOT, portalUrl: "http://portal" };

const caller = (actor: Actor | undefined) => ({ actor, db: database.db });

async function actorOf(email: string): Promise<Actor> {
  const [row] = await database.db.select().from(users).where(eq(users.email, email));
  const actor = row && (await actorOfUser(database.db, row.id, row.sessionVersion));
  if (!actor) throw new Error(`${email} has no actor`);
  return actor;
}

const signIn = (email: string, password: string) =>
  signInByPassword(database.db, { email, password, address: "10.0.0.1" });

beforeAll(async () => {
  database = await createTestDatabase();
  await bootstrap({ ownerUrl: database.ownerUrl, appUrl: database.url, settings });
  platform = await actorOf("platform@demo.local");
  scientist = await actorOf("scientist@demo.local");
});
afterAll(() => database.close());

describe("bootstrap", () => {
  it("warns of a demo password that anyone would guess, and of no other", async () => {
    const printed = async (demoPassword: string) => {
      const fresh = await createTestDatabase({ max: 1 });
      const lines = await bootstrap({
        ownerUrl: fresh.ownerUrl,
        appUrl: fresh.url,
        settings: { ...settings, demoPassword },
      });
      await fresh.close();
      return lines.join("\n");
    };
    expect(await printed("demo12345")).toContain("among the first that somebody would guess");
    expect(await printed(PASSWORD)).not.toContain("somebody would guess");
  });

  it("does its work once, and keeps a generated password to itself afterwards", async () => {
    const again = await bootstrap({
      ownerUrl: database.ownerUrl,
      appUrl: database.url,
      settings: { ...settings, demoPassword: undefined },
    });
    expect(again.join("\n")).not.toContain(PASSWORD);
    const people = await listPeople.execute(caller(platform), {});
    expect(people.items.map((row) => row.email)).toEqual([
      "bootstrap@service.local",
      "platform@demo.local",
      "reviewer@demo.local",
      "scientist@demo.local",
    ]);
    expect(people.items.map((row) => row.teams)).toEqual(people.items.map(() => ["Demo factory"]));
  });

  it("takes the operator's token as it is", async () => {
    const actor = await actorOfToken(database.db, BOOT, new Date());
    expect(actor).toMatchObject({ kind: "token", isPlatformAdmin: true, role: "admin" });
    await expect(actorOfToken(database.db, `${BOOT}x`, new Date())).rejects.toMatchObject({
      code: "unauthenticated",
    });
  });

  it("without demo ends the demo accounts and makes the first administrator by a link that works once", async () => {
    const lines = await bootstrap({
      ownerUrl: database.ownerUrl,
      appUrl: database.url,
      settings: { ...settings, demo: false },
    });
    const token = /token=(\S+)/.exec(lines.join("\n"))?.[1];
    expect((await signIn("platform@demo.local", PASSWORD)).outcome).toBe("refused");
    const input = {
      token,
      name: "Ada",
      email: "ada@example.com",
      password: PASSWORD,
      teamName: "Risk models",
    };
    expect(await claimSetup.execute(caller(undefined), input)).toEqual({ email: "ada@example.com" });
    await expect(claimSetup.execute(caller(undefined), input)).rejects.toMatchObject({
      code: "precondition_failed",
    });
    expect((await actorOf("ada@example.com")).isPlatformAdmin).toBe(true);
    await bootstrap({ ownerUrl: database.ownerUrl, appUrl: database.url, settings });
    platform = await actorOf("platform@demo.local");
    scientist = await actorOf("scientist@demo.local");
  });
});

describe("sign-in", () => {
  it("answers a wrong password and an unknown account alike, and writes both down", async () => {
    expect(await signIn("reviewer@demo.local", "wrong")).toEqual(await signIn("nobody@demo.local", "wrong"));
    expect((await signIn("Reviewer@demo.local ", PASSWORD)).outcome).toBe("signed_in");
    const audit = await listAudit.execute(caller(platform), { action: "identity.session." });
    expect(audit.items.slice(0, 3).map((row) => row.action.split(".").at(-1))).toEqual([
      "sign_in",
      "sign_in_refused",
      "sign_in_refused",
    ]);
    expect(JSON.stringify(audit.items)).not.toContain(PASSWORD);
  });

  it("makes an account wait after ten wrong passwords, even with the right one", async () => {
    for (let n = 0; n < 10; n += 1) await signIn("guessed@demo.local", "wrong");
    expect((await signIn("guessed@demo.local", "wrong")).outcome).toBe("wait");
  });

  it("ends other sessions when the password changes", async () => {
    const made = await createPerson.execute(caller(platform), { name: "Eve", email: "eve@example.com" });
    const token = new URL(made.link).searchParams.get("token");
    await claimReset.execute(caller(undefined), { token, password: PASSWORD });
    await expect(claimReset.execute(caller(undefined), { token, password: PASSWORD })).rejects.toMatchObject({
      code: "precondition_failed",
    });
    const eve = await actorOf("eve@example.com");
    const [before] = await database.db.select().from(users).where(eq(users.id, eve.userId));
    await expect(
      changePassword.execute(caller(eve), { currentPassword: "nope", newPassword: "another password" }),
    ).rejects.toMatchObject({
      code: "invalid",
      details: { fields: { currentPassword: expect.any(String) } },
    });
    await changePassword.execute(caller(eve), { currentPassword: PASSWORD, newPassword: "another password" });
    expect(await actorOfUser(database.db, eve.userId, before?.sessionVersion ?? -1)).toBeUndefined();
  });
});

describe("teams", () => {
  it("refuses whoever lacks the role, and hides teams of others", async () => {
    await expect(listPeople.execute(caller(scientist), {})).rejects.toMatchObject({ code: "forbidden" });
    await expect(createTeam.execute(caller(undefined), { name: "X", slug: "xxx" })).rejects.toMatchObject({
      code: "unauthenticated",
    });
    const other = await createTeam.execute(caller(platform), { name: "Research", slug: "research" });
    await expect(listMembers.execute(caller(scientist), { teamId: other.id })).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(switchTeam.execute(caller(scientist), { teamId: other.id })).rejects.toMatchObject({
      code: "not_found",
    });
    const teamAdmin: Actor = { ...scientist, role: "admin" };
    await expect(
      addMember.execute(caller(teamAdmin), {
        teamId: other.id,
        email: "scientist@demo.local",
        role: "admin",
      }),
    ).rejects.toMatchObject({ code: "not_found" });
  });

  it("is administered under the eyes of the platform's people, who do not read the work of other teams", async () => {
    const { id: teamId } = await createTeam.execute(caller(platform), { name: "Trials", slug: "trials" });
    const elsewhere = createCtx(caller({ ...scientist, teamId }));
    const wrote = (action: string) => audit(elsewhere, { action, subject: { kind: "thing", id: action } });
    await wrote("identity.token.create");
    await wrote("datasets.dataset.create");
    const read = async (actor: Actor) => (await listAudit.execute(caller(actor), { limit: 200 })).items;
    expect(await read(platform)).toContainEqual(
      expect.objectContaining({ action: "identity.token.create", teamId, team: "Trials" }),
    );
    expect((await read(platform)).filter((row) => row.action.startsWith("datasets."))).toEqual([]);
    const ownAdmin = await read({ ...scientist, role: "admin" });
    expect(ownAdmin.length).toBeGreaterThan(0);
    expect(ownAdmin.filter((row) => row.teamId !== scientist.teamId)).toEqual([]);
  });

  it("adds once, protects the last admin, and ends the tokens of who leaves", async () => {
    const teamId = platform.teamId;
    const input = { teamId, email: "eve@example.com", role: "member" };
    const { userId } = await addMember.execute(caller(platform), input);
    await expect(addMember.execute(caller(platform), input)).rejects.toMatchObject({ code: "conflict" });
    const eve = await actorOf("eve@example.com");
    const { token } = await createToken.execute(caller(eve), {
      name: "ci",
      scopes: ["read"],
      expiresInDays: 1,
    });
    await removeMember.execute(caller(platform), { teamId, userId });
    await expect(actorOfToken(database.db, token, new Date())).rejects.toMatchObject({
      code: "unauthenticated",
    });
    await bootstrapLeaves(teamId);
    await expect(
      changeRole.execute(caller(platform), { teamId, userId: platform.userId, role: "viewer" }),
    ).rejects.toMatchObject({ code: "precondition_failed" });
  });

  /** The service person is an admin too; without it the platform engineer is the last one. */
  async function bootstrapLeaves(teamId: string) {
    const members = await listMembers.execute(caller(platform), { teamId });
    const service = members.items.find((row) => row.email === "bootstrap@service.local");
    await removeMember.execute(caller(platform), { teamId, userId: service?.userId ?? "" });
  }

  it("tells what one may do and why not", async () => {
    const session = await getSession.execute(caller(scientist), {});
    expect(session.permissions["compute.job.dispatch"]).toEqual({ allowed: true });
    expect(session.permissions["identity.people.manage"]).toMatchObject({
      allowed: false,
      reason: expect.stringContaining("platform"),
    });
  });
});

describe("tokens", () => {
  it("act within their scopes until they expire or are revoked, and are listed without the secret", async () => {
    const made = await createToken.execute(caller(scientist), {
      name: "read",
      scopes: ["read"],
      expiresInDays: 1,
    });
    const actor = await actorOfToken(database.db, made.token, new Date());
    await expect(listAudit.execute(caller(actor), {})).rejects.toMatchObject({ code: "forbidden" });
    await expect(
      createToken.execute(caller(actor), { name: "x", scopes: ["read"], expiresInDays: 1 }),
    ).rejects.toMatchObject({ code: "forbidden" });
    expect(JSON.stringify(await listTokens.execute(caller(scientist), {}))).not.toContain(made.token);
    const late = new Date(Date.now() + 86_400_000 + 1_000);
    await expect(actorOfToken(database.db, made.token, late)).rejects.toMatchObject({
      code: "unauthenticated",
    });
    const reviewer = await actorOf("reviewer@demo.local");
    await expect(revokeToken.execute(caller(reviewer), { tokenId: made.id })).rejects.toMatchObject({
      code: "not_found",
    });
    await revokeToken.execute(caller(scientist), { tokenId: made.id });
    await expect(actorOfToken(database.db, made.token, new Date())).rejects.toMatchObject({
      code: "unauthenticated",
    });
    await expect(revokeToken.execute(caller(scientist), { tokenId: made.id })).rejects.toMatchObject({
      code: "conflict",
    });
  });

  it("never outlive a year nor go beyond their maker", async () => {
    await expect(
      createToken.execute(caller(scientist), { name: "x", scopes: ["read"], expiresInDays: 366 }),
    ).rejects.toMatchObject({ code: "invalid" });
    await expect(
      createToken.execute(caller(scientist), { name: "x", scopes: ["admin"], expiresInDays: 1 }),
    ).rejects.toMatchObject({ code: "precondition_failed" });
    const review = { name: "x", scopes: ["review"], expiresInDays: 1 };
    await expect(createToken.execute(caller(scientist), review)).rejects.toMatchObject({
      code: "precondition_failed",
      message: expect.stringContaining("review"),
    });
    const reviewer = await actorOf("reviewer@demo.local");
    expect((await createToken.execute(caller(reviewer), review)).scopes).toEqual(["review"]);
  });

  it("stop with their owner", async () => {
    const made = await createPerson.execute(caller(platform), { name: "Bob", email: "bob@example.com" });
    await addMember.execute(caller(platform), { teamId: platform.teamId, email: made.email, role: "member" });
    const { token } = await createToken.execute(caller(await actorOf(made.email)), {
      name: "t",
      scopes: ["read"],
      expiresInDays: 1,
    });
    await disablePerson.execute(caller(platform), { userId: made.id });
    await expect(actorOfToken(database.db, token, new Date())).rejects.toMatchObject({
      code: "unauthenticated",
    });
  });
});

describe("inbox", () => {
  it("delivers once per person and key, and lets only the person mark it", async () => {
    const ctx = createCtx(caller(platform));
    const notice = {
      userIds: [scientist.userId, scientist.userId],
      dedupKey: "job:1",
      kind: "job",
      title: "Job ended",
      body: "It succeeded.",
      href: "/jobs/1",
      reason: "You started it",
      subject: { kind: "job", id: "1" },
    };
    expect([await notify(ctx, notice), await notify(ctx, notice)]).toEqual([1, 0]);
    const { items } = await listInbox.execute(caller(scientist), {});
    const ids = items.map((row) => row.id);
    expect(await markInbox.execute(caller(platform), { as: "done", ids })).toEqual({ changed: 0 });
    expect(await markInbox.execute(caller(scientist), { as: "done", all: { until: new Date() } })).toEqual({
      changed: 1,
    });
    expect((await listInbox.execute(caller(scientist), {})).items).toEqual([]);
  });
});

describe("the inbox of who acts for other teams", () => {
  const about = (id: string, userIds: string[]) => ({
    userIds,
    dedupKey: `quota_requested:${id}`,
    kind: "quota",
    title: `Somebody asks for ${id}`,
    body: "To train.",
    href: "/quotas/requests/1",
    reason: "You are a platform administrator",
    subject: { kind: "quota_request", id },
  });

  it("holds a foreign team's notice for a platform administrator in a team of theirs, and for nobody else", async () => {
    const foreign = await createTeam.execute(caller(platform), { name: "Far away", slug: "far-away" });
    const there = createCtx(caller({ ...scientist, teamId: foreign.id }));
    await notify(there, about("gpu-1", [platform.userId, scientist.userId]));
    const titles = async (actor: Actor) =>
      (await listInbox.execute(caller(actor), {})).items.map(({ title }) => title);
    expect(await titles(platform)).toContain("Somebody asks for gpu-1");
    expect(await titles(scientist)).not.toContain("Somebody asks for gpu-1");
  });

  it("is the team's own inbox for an administrator who is a member", async () => {
    const second = await createTeam.execute(caller(platform), { name: "Second home", slug: "second-home" });
    const { email } = (await database.db.select().from(users).where(eq(users.id, platform.userId)))[0] ?? {};
    if (!email) throw new Error("The platform engineer has no row.");
    await addMember.execute(caller(platform), { teamId: second.id, email, role: "admin" });
    const there = { ...platform, teamId: second.id };
    await notify(createCtx(caller(there)), about("gpu-2", [platform.userId]));
    const inSecond = await listInbox.execute(caller(there), {});
    expect(inSecond.items.map(({ title }) => title)).toContain("Somebody asks for gpu-2");
  });
});

describe("audit verification", () => {
  beforeAll(async () => {
    await sealAudit(database.db);
  });

  async function tamper(statement: string) {
    const client = new pg.Client({ connectionString: database.ownerUrl });
    await client.connect();
    try {
      await client.query("alter table audit_log disable trigger user");
      await client.query(statement);
      await client.query("alter table audit_log enable trigger user");
    } finally {
      await client.end();
    }
  }

  it("is refused to the application's own role", async () => {
    await expect(
      database.db.update(auditLog).set({ action: "x" }).where(eq(auditLog.seq, 3)),
    ).rejects.toThrow();
  });

  it("notices that the newest rows were cut off, or the log rewritten, by a head that was kept outside", async () => {
    const { checked, head } = await verifyAudit.execute(caller(platform), {});
    const kept = { keptSeq: checked, keptHash: head };
    expect(await verifyAudit.execute(caller(platform), kept)).toMatchObject({ ok: true });
    expect(await verifyAudit.execute(caller(platform), { ...kept, keptHash: "0".repeat(64) })).toMatchObject({
      ok: false,
      keptProblem: `Row ${checked} is not the row that was kept.`,
    });
    await expect(verifyAudit.execute(caller(platform), { keptSeq: 3 })).rejects.toMatchObject({
      details: { fields: { keptHash: expect.any(String) } },
    });
    await tamper(`delete from audit_log where seq = ${checked}`);
    expect(await verifyAudit.execute(caller(platform), {})).toMatchObject({ ok: true });
    expect(await verifyAudit.execute(caller(platform), kept)).toMatchObject({
      ok: false,
      firstBad: undefined,
      keptProblem: `The log ends before row ${checked}, which was kept.`,
    });
  });

  it("holds for an untouched log and names the first row that was changed", async () => {
    expect(await verifyAudit.execute(caller(platform), {})).toMatchObject({ ok: true, firstBad: undefined });
    await tamper("update audit_log set actor_name = 'Somebody else' where seq = 5");
    expect(await verifyAudit.execute(caller(platform), {})).toMatchObject({
      ok: false,
      checked: 4,
      firstBad: { seq: 5, problem: expect.stringContaining("actor_name") },
    });
    await tamper("update audit_log set payload = replace(payload, 'Modelworks', 'Nobody') where seq = 3");
    expect(await verifyAudit.execute(caller(platform), {})).toMatchObject({
      firstBad: { seq: 3, problem: expect.stringContaining("hash") },
    });
    await tamper("delete from audit_log where seq = 2");
    expect(await verifyAudit.execute(caller(platform), {})).toMatchObject({
      firstBad: { seq: 3, problem: "row 2 is missing" },
    });
  });
});
