import { and, eq, sql } from "drizzle-orm";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { alerts, auditLog, modelVersions, processes, rollouts } from "@/db/schema";
import { createTestDatabase, waitFor, type TestDatabase } from "@/db/testing";
import { makePerson, makeTeam, prepareHome } from "@/server/compute/testing";
import { systemActor, type Actor } from "@/server/core/actor";
import { createCtx, type Ctx } from "@/server/core/context";
import { digestOf } from "@/server/core/digest";
import { newId } from "@/server/core/ids";
import { controlRollout, getDeployment, rollBack } from "@/server/serving";
import { PLAN, serveTraffic } from "@/server/serving/testing";
import { rolloutTools } from "@/server/serving/testing-rollout";
import { watchPromotionOf, watchPromotions } from "./watch-promotions";

let database: TestDatabase;
let ada: Actor;

beforeAll(async () => {
  database = await createTestDatabase();
  prepareHome(database.url);
});
afterAll(() => database.close());
beforeEach(async () => {
  ada = await makePerson(database.db, await makeTeam(database.db, newId("team")), "Ada");
  await database.db.delete(processes);
});

const { as, look, follow, deployBeside, actionsOf } = rolloutTools(
  () => database.db,
  () => ada,
);
const HOUR = 3_600;
const start = Math.floor(Date.now() / 1_000);

async function promoted(watch?: { onWorse?: "rollback" | "offer" | "off"; durationMs?: number }) {
  const made = await deployBeside({ ...PLAN, criteria: { ...PLAN.criteria, ...(watch ? { watch } : {}) } });
  const { name, rolloutId, deploymentId, first, second } = made;
  await follow(deploymentId);
  await look(rolloutId);
  await follow(deploymentId);
  await controlRollout.execute(as(ada), { rolloutId, command: "promote", reason: "Known good" });
  await follow(deploymentId);
  await look(rolloutId);
  const serve = (versionId: string, at: number, counts: { requests: number; errors: number }) =>
    serveTraffic(database.db, {
      deploymentId,
      rolloutId: "",
      arm: "stable",
      stage: -1,
      versionId,
      ...counts,
      second: at,
    });
  await serve(first.id, start - 2 * HOUR, { requests: 20_000, errors: 100 });
  const watchAt = async (seconds: number) => {
    const now = new Date((start + seconds) * 1_000);
    const actingFor = (teamId: string): Ctx =>
      createCtx({ actor: systemActor(teamId), db: database.db, now: () => now });
    await watchPromotions(database.db, now, actingFor);
    const view = await getDeployment.execute(as(ada, now), { name });
    return { stable: view.stable?.number, watch: view.watch };
  };
  const alertOf = async (kind: string) => {
    const [row] = await database.db
      .select()
      .from(alerts)
      .where(and(eq(alerts.subjectId, deploymentId), eq(alerts.kind, kind)));
    return row;
  };
  const serveNew = (at: number, errors: number) => serve(second.id, start + at, { requests: 1_000, errors });
  return { ...made, serveNew, watchAt, alertOf };
}

it("a promoted version that is proven worse than the one before goes back by itself, with the evidence", async () => {
  const { name, deploymentId, rolloutId, serveNew, watchAt, alertOf } = await promoted();
  expect((await watchAt(60)).watch).toMatchObject({ rolloutId, onWorse: "rollback", from: { number: 1 } });
  await serveNew(100, 20);
  expect((await watchAt(200)).stable).toBe(2);
  await serveNew(300, 100);
  expect(await watchAt(400)).toMatchObject({ stable: 1, watch: null });
  expect(await alertOf("rollback")).toMatchObject({
    state: "firing",
    title: `${name} went back to the version before`,
    body: expect.stringContaining("6.0% of 2000 requests failed; with the version before, 0.5% of 20000."),
  });
  expect(await alertOf("promotion")).toBeUndefined();
  const [row] = await database.db
    .select({ actor: auditLog.actorName, payload: auditLog.payload })
    .from(auditLog)
    .where(and(eq(auditLog.subjectId, deploymentId), eq(auditLog.action, "serving.deployment.roll-back")));
  expect(row?.actor).toBe("Modelworks");
  expect(row?.payload).toContain("Worse than the version before");
  // Who puts the version there again decides for themselves.
  await rollBack.execute(as(ada), { name, reason: "Its callers were at fault" });
  expect(await watchAt(500)).toMatchObject({ stable: 2, watch: null });
  expect((await actionsOf(deploymentId)).filter((action) => action.endsWith("roll-back"))).toHaveLength(2);
});

it("where the plan says so an alert offers it, and ends with the watch", async () => {
  const { serveNew, watchAt, alertOf } = await promoted({ onWorse: "offer", durationMs: 2 * HOUR * 1_000 });
  await serveNew(100, 200);
  expect(await watchAt(200)).toMatchObject({ stable: 2, watch: { onWorse: "offer" } });
  expect(await alertOf("promotion")).toMatchObject({
    state: "firing",
    body: expect.stringContaining("can be rolled back to"),
  });
  expect(await watchAt(3 * HOUR)).toMatchObject({ stable: 2, watch: null });
  expect(await alertOf("promotion")).toMatchObject({ state: "resolved" });
});

it("what it offers is over as soon as somebody goes back, so that a second press cannot bring the worse one again", async () => {
  const { name, deploymentId, serveNew, watchAt, alertOf } = await promoted({ onWorse: "offer" });
  await serveNew(100, 200);
  await watchAt(200);
  const changed = (teamId: string) =>
    watchPromotionOf(createCtx({ actor: systemActor(teamId), db: database.db }), deploymentId);
  await changed(ada.teamId);
  expect(await alertOf("promotion")).toMatchObject({ state: "firing" });
  await rollBack.execute(as(ada), { name, reason: "As it offers" });
  await changed("team_other");
  expect(await alertOf("promotion")).toMatchObject({ state: "firing" });
  await changed(ada.teamId);
  expect(await alertOf("promotion")).toMatchObject({ state: "resolved" });
});

it("two looks at once go back once: the second would bring the worse version again", async () => {
  const { name, deploymentId, serveNew, watchAt, alertOf } = await promoted();
  await serveNew(100, 200);
  const holder = new Client({ connectionString: database.url });
  await holder.connect();
  try {
    await holder.query("begin");
    await holder.query("select 1 from deployments where id = $1 for update", [deploymentId]);
    const looks = [watchAt(200), watchAt(200)];
    await waitFor(async () => {
      // Not by the holder: within a transaction the same is seen again and again.
      const { rows } = await database.db.execute(
        sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rows.length === looks.length;
    });
    await holder.query("commit");
    await Promise.all(looks);
  } finally {
    await holder.end();
  }
  expect((await getDeployment.execute(as(ada), { name })).stable?.number).toBe(1);
  expect((await actionsOf(deploymentId)).filter((action) => action.endsWith("roll-back"))).toHaveLength(1);
  expect(await alertOf("rollback")).toMatchObject({ state: "firing" });
  expect(await alertOf("promotion")).toBeUndefined();
});

it("where the plan says so nothing is watched", async () => {
  const { serveNew, watchAt, alertOf } = await promoted({ onWorse: "off" });
  await serveNew(100, 500);
  expect(await watchAt(200)).toMatchObject({ stable: 2, watch: null });
  expect(await alertOf("promotion")).toBeUndefined();
});

it("what cannot go back says why", async () => {
  const { first, serveNew, watchAt, alertOf } = await promoted();
  await database.db
    .update(modelVersions)
    .set({ manifestDigest: digestOf("other files") })
    .where(eq(modelVersions.id, first.id));
  await serveNew(100, 200);
  expect(await watchAt(200)).toMatchObject({ stable: 2 });
  expect(await alertOf("promotion")).toMatchObject({
    state: "firing",
    body: expect.stringMatching(/could not go back by itself: The version before is not admitted/),
  });
  expect(await alertOf("rollback")).toBeUndefined();
});

it("nothing goes back while another version is on its way: that one's rollout must not be aborted for it", async () => {
  const { deploymentId, first, second, serveNew, watchAt, alertOf } = await promoted();
  await database.db.insert(rollouts).values({
    id: newId("rollout"),
    teamId: ada.teamId,
    deploymentId,
    fromVersionId: second.id,
    toVersionId: first.id,
    state: "running",
    stages: PLAN.stages,
    criteria: PLAN.criteria,
    createdBy: ada.userId,
  });
  await serveNew(100, 200);
  expect(await watchAt(200)).toMatchObject({ stable: 2 });
  expect((await alertOf("promotion"))?.body).toContain("people decide");
  const open = await database.db
    .select({ state: rollouts.state })
    .from(rollouts)
    .where(and(eq(rollouts.deploymentId, deploymentId), eq(rollouts.state, "running")));
  expect(open).toHaveLength(1);
});
