import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  auditLog,
  datasets,
  jobs,
  outboxDeliveries,
  outboxEvents,
  registeredModels,
  teams,
  users,
  memberships,
} from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { search } from "@/server/catalog/search";
import "@/server/house/rooms";
import type { Actor, TeamRole } from "@/server/core/actor";
import { newId } from "@/server/core/ids";
import { getVelocity } from "@/server/insights/queries";
import { getConsole } from "./console-queries";
import { getHome } from "./home-query";
import { retryAllWork } from "./retry-all-work";

let database: TestDatabase;
let member: Actor;
let platform: Actor;
let stranger: Actor;
const as = (actor: Actor | undefined) => ({ actor, db: database.db });

async function makePerson(
  teamId: string,
  role: TeamRole,
  name: string,
  isPlatformAdmin = false,
): Promise<Actor> {
  const userId = newId("user");
  await database.db.insert(users).values({ id: userId, email: `${name}@test.local`, name, isPlatformAdmin });
  await database.db.insert(memberships).values({ teamId, userId, role });
  return { kind: "user", userId, name, teamId, teamSlug: "", role, isPlatformAdmin };
}

const job = (actor: Actor, name: string, state: string) => ({
  id: newId("job"),
  teamId: actor.teamId,
  name,
  spec: {},
  specDigest: "sha256:0",
  state,
  cpuMilli: 500,
  memoryBytes: 1024,
  timeLimitSeconds: 60,
  createdBy: actor.userId,
  reasonText: state === "failed" ? "Exit code 1." : "",
  finishedAt: state === "failed" ? new Date() : null,
});

beforeAll(async () => {
  database = await createTestDatabase();
  const [one, two] = [newId("team"), newId("team")];
  await database.db.insert(teams).values([
    { id: one, slug: "one", name: "One" },
    { id: two, slug: "two", name: "Two" },
  ]);
  member = await makePerson(one, "member", "mia");
  platform = await makePerson(one, "admin", "pat", true);
  stranger = await makePerson(two, "member", "sam");
  await database.db
    .insert(jobs)
    .values([
      job(member, "train risk 100%", "running"),
      job(member, "train broken", "failed"),
      job(stranger, "train elsewhere", "queued"),
    ]);
  await database.db.insert(registeredModels).values([
    { id: newId("model"), teamId: one, name: "risk", ownerId: member.userId },
    { id: newId("model"), teamId: two, name: "risk", ownerId: stranger.userId },
  ]);
  await database.db.insert(datasets).values({
    id: newId("dataset"),
    teamId: one,
    slug: "risk-data",
    name: "Risk data",
    ownerId: member.userId,
  });
});
afterAll(() => database.close());

describe("search", () => {
  it("finds what the team has, best first, and nothing of others", async () => {
    const found = await search.execute(as(member), { q: "risk" });
    expect(found.items.map((hit) => `${hit.kind}:${hit.label}`)).toEqual([
      "model:risk",
      "dataset:Risk data",
      "job:train risk 100%",
    ]);
    expect((await search.execute(as(stranger), { q: "risk" })).items).toHaveLength(1);
    expect(found.items[1]?.href).toBe("/datasets/risk-data");
  });

  it("takes wildcards as text, names people to platform administrators only, and wants two characters", async () => {
    expect((await search.execute(as(member), { q: "0%" })).items.map((hit) => hit.label)).toEqual([
      "train risk 100%",
    ]);
    expect((await search.execute(as(member), { q: "__" })).items).toEqual([]);
    expect((await search.execute(as(member), { q: "mia@" })).items).toEqual([]);
    expect((await search.execute(as(platform), { q: "mia@" })).items).toMatchObject([
      { kind: "user", label: "mia" },
    ]);
    await expect(search.execute(as(member), { q: "x" })).rejects.toMatchObject({ code: "invalid" });
    await expect(search.execute(as(undefined), { q: "risk" })).rejects.toMatchObject({
      code: "unauthenticated",
    });
  });
});

describe("home", () => {
  it("shows what runs, my failures, and no other team's work", async () => {
    const home = await getHome.execute(as(member), {});
    expect(home.running.map((item) => item.title)).toEqual(["train risk 100%"]);
    expect(home.waiting).toMatchObject([{ kind: "job", title: "train broken", detail: "Exit code 1." }]);
    expect(home.unhealthy).toEqual([]);
    expect(home.first).toMatchObject({ hasToken: false, hasRun: false });
    expect((await getHome.execute(as(stranger), {})).running.map((item) => item.title)).toEqual([
      "train elsewhere",
    ]);
  });
});

describe("console", () => {
  it("spans teams and is for platform administrators", async () => {
    const seen = await getConsole.execute(as(platform), {});
    expect(seen.counts).toMatchObject({ people: 3, teams: 2 });
    expect(seen.jobs.map((row) => row.name).toSorted()).toEqual(["train elsewhere", "train risk 100%"]);
    expect(seen.queues).toMatchObject([
      { team: "One", running: 1 },
      { team: "Two", queued: 1 },
    ]);
    await expect(getConsole.execute(as(member), {})).rejects.toMatchObject({ code: "forbidden" });
  });

  it("gives dead deliveries their attempts back, and says when there are none", async () => {
    const [eventId, createdAt] = [newId("event"), new Date()];
    await database.db.insert(outboxEvents).values({
      id: eventId,
      type: "identity.team_created",
      payload: {},
      actorId: "system",
      requestId: "req",
      createdAt,
    });
    await database.db.insert(outboxDeliveries).values({
      eventId,
      eventAt: createdAt,
      seq: 1,
      handler: "compute.admit",
      state: "dead",
      attempts: 12,
      lastError: "no",
    });
    expect((await getHome.execute(as(platform), {})).unhealthy).toMatchObject([
      { kind: "work", status: "dead" },
    ]);
    await expect(retryAllWork.execute(as(member), {})).rejects.toMatchObject({ code: "forbidden" });
    expect(await retryAllWork.execute(as(platform), {})).toEqual({ retried: 1 });
    await expect(retryAllWork.execute(as(platform), {})).rejects.toMatchObject({ code: "conflict" });
    const rows = await database.db
      .select()
      .from(auditLog)
      .where(eq(auditLog.action, "platform.work.retry_all"));
    expect(rows).toHaveLength(1);
  });
});

describe("velocity", () => {
  it("answers for an empty line without inventing numbers", async () => {
    const numbers = await getVelocity.execute(as(member), {});
    expect(numbers).toMatchObject({
      etp: { n: 0, value: null },
      cycle: { n: 0, p50: null },
      gateFalseNegatives: { n: 0 },
    });
    await expect(getVelocity.execute(as(member), { window: "1y" })).rejects.toMatchObject({
      code: "invalid",
    });
  });
});
