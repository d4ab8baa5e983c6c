import path from "node:path";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { auditLog, endpointCredentials } from "@/db/schema";
import { addSecretKey } from "@/server/adapters/secret-box";
import { secretKeys } from "@/server/composition";
import { env } from "@/server/core/env";
import { createWorld, type Person, type World } from "@/server/governance/testing";
import { credentialSource, resealCredentials } from "./store";
import { deleteCredential, listCredentials, setCredential } from "./verbs";

const VALUE = "s3cret-value-of-the-team";

let world: World;
let admin: Person;
let member: Person;
let stranger: Person;
beforeAll(async () => {
  world = await createWorld();
  [admin, member, stranger] = await Promise.all([
    world.person("admin"),
    world.person("member"),
    world.person("admin", { teamId: world.otherTeamId }),
  ]);
});
afterAll(() => world.close());

const input = (name: string, more: Record<string, unknown> = {}) => ({
  name,
  kind: "bearer",
  hosts: "models.example.org, *.svc.example.org:8443",
  value: VALUE,
  ...more,
});
const found = (name: string, url = "https://models.example.org/v2", teamId = world.teamId) =>
  credentialSource(() => world.db, secretKeys)({ teamId, name, url: new URL(url) });
const rowOf = async (name: string) => {
  const [row] = await world.db.select().from(endpointCredentials).where(eq(endpointCredentials.name, name));
  return row ?? expect.fail(`no ${name}`);
};

describe("a credential", () => {
  it("is stored sealed, listed without its secret, and audited without it", async () => {
    expect(await setCredential.execute(admin.caller, input("mine"))).not.toHaveProperty("value");
    const row = await rowOf("mine");
    expect(JSON.stringify(row)).not.toContain(VALUE);
    const { items } = await listCredentials.execute(member.caller, {});
    expect(items).toEqual([
      {
        name: "mine",
        kind: "bearer",
        hosts: ["models.example.org", "*.svc.example.org:8443"],
        updatedAt: expect.any(Date),
        updatedBy: admin.actor.name,
        usedBy: [],
      },
    ]);
    const rows = await world.db.select().from(auditLog).where(eq(auditLog.subjectId, row.id));
    expect(rows.map(({ action }) => action)).toEqual(["registry.credential.set"]);
    expect(rows[0]?.payload).not.toContain(VALUE);
  });

  it("is not replaced by a new one of its name", async () => {
    await setCredential.execute(admin.caller, input("taken", { isNew: true }));
    const again = input("taken", { isNew: true, value: "another-secret", hosts: "other.example.org" });
    await expect(setCredential.execute(admin.caller, again)).rejects.toMatchObject({
      code: "invalid",
      details: { fields: { name: "is taken by another credential of the team" } },
    });
    expect((await found("taken")).headers).toEqual({ authorization: `Bearer ${VALUE}` });
  });

  it.each([
    [{ kind: "bearer" }, { authorization: `Bearer ${VALUE}` }],
    [
      { kind: "basic", user: "ada" },
      { authorization: `Basic ${Buffer.from(`ada:${VALUE}`).toString("base64")}` },
    ],
    [{ kind: "header", header: "X-Api-Key" }, { "x-api-key": VALUE }],
  ])("is sent as %o says", async (how, headers) => {
    await setCredential.execute(admin.caller, input("how", how));
    const sent = await found("how");
    expect(sent.headers).toEqual(headers);
    // All spellings in which the far end could say it again.
    expect(sent.secrets).toEqual(expect.arrayContaining([VALUE]));
    const [text = ""] = Object.values(headers);
    expect(sent.secrets.some((secret) => text.endsWith(secret))).toBe(true);
  });

  it("is replaced by its name, and what asks next gets the new one", async () => {
    await setCredential.execute(admin.caller, input("rotating"));
    await setCredential.execute(admin.caller, input("rotating", { value: "another-value" }));
    expect((await found("rotating")).headers).toEqual({ authorization: "Bearer another-value" });
  });

  it("is sent to its own hosts and no others", async () => {
    await setCredential.execute(admin.caller, input("bound"));
    await found("bound", "https://a.svc.example.org:8443/x");
    for (const url of [
      "https://models.example.org:8443/",
      "https://svc.example.org:8443/",
      "https://evil.example/",
    ])
      await expect(found("bound", url)).rejects.toMatchObject({
        code: "invalid",
        message: expect.stringContaining("is not for"),
      });
  });

  it("is the team's alone: to another team it looks missing, and its sealed form opens nowhere else", async () => {
    await setCredential.execute(admin.caller, input("ours"));
    const theirs = await listCredentials.execute(stranger.caller, {});
    expect(theirs.items).toEqual([]);
    await expect(deleteCredential.execute(stranger.caller, { name: "ours" })).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(found("ours", undefined, world.otherTeamId)).rejects.toThrow(/has no credential/);
    await setCredential.execute(stranger.caller, input("theirs"));
    const { keyId, sealed } = await rowOf("ours");
    await world.db
      .update(endpointCredentials)
      .set({ keyId, sealed })
      .where(eq(endpointCredentials.name, "theirs"));
    await expect(found("theirs", undefined, world.otherTeamId)).rejects.toThrow(/cannot be opened/);
  });

  it("is written by team admins only, and by tokens that may administer", async () => {
    for (const caller of [member.caller, (await world.person("reviewer")).caller, admin.token])
      await expect(setCredential.execute(caller, input("nope"))).rejects.toMatchObject({ code: "forbidden" });
    await expect(deleteCredential.execute(member.caller, { name: "mine" })).rejects.toMatchObject({
      code: "forbidden",
    });
    const actor = { ...admin.actor, kind: "token" as const, tokenId: "tok_1", scopes: ["admin" as const] };
    await setCredential.execute({ actor, db: world.db }, input("by-token"));
  });

  it.each([
    ["name", { name: "Has Spaces" }],
    ["hosts", { hosts: "https://models.example.org/" }],
    ["hosts", { hosts: "" }],
    ["hosts", { hosts: ["a.example.org,b.example.org"] }],
    ["value", { value: "short" }],
    ["value", { value: "line\r\nx-injected: 1" }],
    ["value", { value: "ünïcode-value" }],
    ["header", { kind: "header", header: "" }],
    ["header", { kind: "header", header: "Host" }],
    ["header", { kind: "header", header: "transfer-encoding" }],
    ["header", { kind: "header", header: "bad header" }],
    ["user", { kind: "basic", user: "" }],
    ["user", { kind: "basic", user: "a:b" }],
  ])("with a bad %s (%o) is refused by that field, without its value in the words", async (field, bad) => {
    const error = await setCredential
      .execute(admin.caller, input("bad", bad))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "invalid", details: { fields: { [field]: expect.any(String) } } });
    expect(JSON.stringify(error)).not.toContain(VALUE);
    expect(String(error)).not.toMatch(/injected|ünïcode/);
  });
});

describe("another key", () => {
  it("seals what is stored again, once, and everything opens before and after", async () => {
    const before = await rowOf("mine");
    await addSecretKey(path.join(env().home, "keys"), new Date());
    expect((await found("mine")).headers).toEqual({ authorization: `Bearer ${VALUE}` });
    const copied = await rowOf("theirs");
    expect(await resealCredentials(world.db, await secretKeys())).toBeGreaterThan(1);
    const after = await rowOf("mine");
    expect(after.keyId).not.toBe(before.keyId);
    expect(after.updatedAt).toEqual(before.updatedAt);
    expect(await resealCredentials(world.db, await secretKeys())).toBe(0);
    // The one that another test copied to a place that is not its own stays as it is, and holds nobody up.
    expect(await rowOf("theirs")).toEqual(copied);
    const [newest] = (await secretKeys()).slice(-1);
    expect(newest?.id).toBe(after.keyId);
    expect((await found("mine")).headers).toEqual({ authorization: `Bearer ${VALUE}` });
  });
});
