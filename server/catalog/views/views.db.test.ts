import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditLog, savedViews } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import type { Actor, TeamRole } from "@/server/core/actor";
import { newId } from "@/server/core/ids";
import { createView, deleteView, listViews, updateView } from "./verbs";

let world: TestDatabase;
const teamId = newId("team");
const otherTeamId = newId("team");

const caller = (role: TeamRole, team = teamId) => {
  const userId = newId("user");
  const actor: Actor = {
    kind: "user",
    userId,
    name: `Person ${userId.slice(-4)}`,
    teamId: team,
    teamSlug: "risk",
    role,
    isPlatformAdmin: false,
  };
  return { actor, db: world.db };
};
type Who = ReturnType<typeof caller>;

beforeAll(async () => {
  world = await createTestDatabase();
});
afterAll(() => world.close());

const save = (who: Who, name: string, more: object = {}) =>
  createView.execute(who, { list: "jobs", name, query: "state=failed", ...more });
const names = async (who: Who, list = "jobs") =>
  (await listViews.execute(who, { list })).items.map((view) => view.name);

describe("saved views", () => {
  test("keeps a view with an audit row, and shows personal views to their owner only", async () => {
    const [ann, ben] = [caller("viewer"), caller("member")];
    const view = await save(ann, "Failures", { query: "?state=failed&after=eyJ&q=" });
    expect(view).toMatchObject({
      name: "Failures",
      query: "state=failed",
      scope: "personal",
      mayChange: true,
    });
    expect(await names(ann)).toContain("Failures");
    expect(await names(ben)).not.toContain("Failures");
    expect(await names(ann, "models")).toEqual([]);
    const rows = await world.db.select().from(auditLog).where(eq(auditLog.subjectId, view.id));
    expect(rows.map((row) => row.action)).toEqual(["catalog.view.create"]);
  });

  test("shares a view with the team, and only owner and admins may change it", async () => {
    const [owner, member, admin] = [caller("member"), caller("member"), caller("admin")];
    const { id } = await save(owner, "Team's failures", { scope: "team" });
    expect(await names(member)).toContain("Team's failures");
    await expect(updateView.execute(member, { viewId: id, name: "Mine" })).rejects.toMatchObject({
      code: "forbidden",
    });
    expect((await updateView.execute(admin, { viewId: id, name: "Broken jobs" })).name).toBe("Broken jobs");
    await expect(deleteView.execute(member, { viewId: id })).rejects.toMatchObject({ code: "forbidden" });
    await deleteView.execute(owner, { viewId: id });
    expect(await names(member)).not.toContain("Broken jobs");
  });

  test("refuses sharing by viewers, who keep views for themselves", async () => {
    const viewer = caller("viewer");
    await expect(save(viewer, "For all", { scope: "team" })).rejects.toMatchObject({ code: "forbidden" });
    const { id } = await save(viewer, "For me");
    await expect(updateView.execute(viewer, { viewId: id, scope: "team" })).rejects.toMatchObject({
      code: "forbidden",
    });
  });

  test("takes a name once in each set, whatever its case", async () => {
    const [ann, ben] = [caller("member"), caller("member")];
    await save(ann, "Slow ones");
    await expect(save(ann, "slow ONES")).rejects.toMatchObject({ code: "conflict" });
    await save(ben, "Slow ones");
    const { id } = await save(ann, "Others");
    await expect(updateView.execute(ann, { viewId: id, name: "SLOW ones" })).rejects.toMatchObject({
      code: "conflict",
    });
  });

  test("has one default in each set", async () => {
    const [ann, ben] = [caller("member"), caller("member")];
    const first = await save(ann, "First", { isDefault: true });
    const bens = await save(ben, "Ben's", { isDefault: true });
    await save(ann, "Second", { isDefault: true });
    const marked = await world.db.select().from(savedViews).where(eq(savedViews.isDefault, true));
    const ids = marked.map((view) => view.id);
    expect(ids).not.toContain(first.id);
    expect(ids).toContain(bens.id);
  });

  test("does not know views of another team or of another person", async () => {
    const owner = caller("member");
    const { id } = await save(owner, "Hidden");
    for (const who of [caller("admin"), caller("admin", otherTeamId)]) {
      await expect(updateView.execute(who, { viewId: id, name: "Seen" })).rejects.toMatchObject({
        code: "not_found",
      });
      await expect(deleteView.execute(who, { viewId: id })).rejects.toMatchObject({ code: "not_found" });
    }
  });

  test.each([
    ["an unknown list", { list: "nothing" }, "list"],
    ["no name", { name: "  " }, "name"],
    ["a name that is too long", { name: "x".repeat(61) }, "name"],
    ["filters that are too long", { query: "q=".padEnd(2001, "x") }, "query"],
  ])("names the field for %s", async (_what, wrong, field) => {
    await expect(save(caller("member"), "Any", wrong)).rejects.toMatchObject({
      code: "invalid",
      details: { fields: { [field]: expect.any(String) } },
    });
  });
});
