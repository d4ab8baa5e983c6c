import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { processes, uploads } from "@/db/schema";
import { newId } from "@/server/core/ids";
import { createWorld, type Person, type World } from "@/server/governance/testing";
import { systemCtx } from "@/server/kit/handlers";
import { abandonedUploadSweep } from "./close-abandoned-uploads";

let world: World;
let member: Person;
beforeAll(async () => {
  world = await createWorld();
  member = await world.person("member");
});
afterAll(() => world.close());

const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1_000);

async function portal(seenSecondsAgo: number): Promise<string> {
  const id = newId("process");
  const row = { id, kind: "portal", host: "h", pid: 1, version: "0", startedAt: secondsAgo(999) };
  await world.db.insert(processes).values({ ...row, seenAt: secondsAgo(seenSecondsAgo) });
  return id;
}

async function upload(receivedBy: string | null, ageSeconds: number, state = "receiving"): Promise<string> {
  const id = newId("upload");
  await world.db.insert(uploads).values({
    id,
    teamId: world.teamId,
    datasetId: "ds",
    fileName: "a.csv",
    state,
    receivedBy,
    createdBy: member.id,
    createdAt: secondsAgo(ageSeconds),
  });
  return id;
}

const stateOf = async (id: string) =>
  (await world.db.select({ state: uploads.state }).from(uploads).where(eq(uploads.id, id)))[0]?.state;

test("an upload fails soon after the process that took its bytes is gone; others are left alone", async () => {
  const [dead, living] = [await portal(40), await portal(1)];
  const lost = await upload(dead, 60);
  const unknown = await upload("proc_gone", 60);
  const fine = await upload(living, 60);
  const young = await upload("proc_starting", 5);
  const old = await upload(living, 25 * 3_600);
  const arrived = await upload(dead, 60, "received");
  const sweep = abandonedUploadSweep(systemCtx);
  await sweep(world.db);
  expect(await Promise.all([lost, old].map(stateOf)), "silence of one sweep").toEqual([
    "receiving",
    "failed",
  ]);
  await sweep(world.db);
  const all = [lost, unknown, fine, young, old, arrived];
  expect(await Promise.all(all.map(stateOf))).toEqual([
    "failed",
    "failed",
    "receiving",
    "receiving",
    "failed",
    "received",
  ]);
  await sweep(world.db);
  const { rows } = await world.db.execute<{ n: number }>(
    sql`select count(*)::int as n from audit_log where action = 'datasets.upload.fail'`,
  );
  expect(rows[0]?.n, "each is told once").toBe(3);
});
