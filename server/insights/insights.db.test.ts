import { afterAll, beforeAll, expect, it } from "vitest";
import { eq } from "drizzle-orm";
import { jobs } from "@/db/schema";
import { objectStore } from "@/server/composition";
import { newId } from "@/server/core/ids";
import { commentOnReview } from "@/server/governance/reviews/comment-on-review";
import { touchReview } from "@/server/governance/reviews/handle-review";
import { decideReview } from "@/server/governance";
import { createWorld, type Person, type World } from "@/server/governance/testing";
import { predictionOf } from "@/server/monitoring/testing";
import { storePredictions } from "@/server/monitoring/recording/store-predictions";
import { requestVersionReview } from "@/server/registry";
import { qualify } from "@/server/registry/qualify/run";
import { endRun, registeredVersion, trainedRun } from "@/server/registry/testing";
import { deploy } from "@/server/serving";
import { getVelocity } from "./queries";

let world: World;
let member: Person;
let reviewer: Person;

beforeAll(async () => {
  world = await createWorld();
  [member, reviewer] = [await world.person("member"), await world.person("reviewer")];
});
afterAll(() => world.close());

const MINUTE = 60_000;
const at = (person: Person, minutes: number) => ({
  ...person.caller,
  now: () => new Date(Date.now() + minutes * MINUTE),
});

it("are computed from what the line's own verbs wrote: wait, review, returns, touches, first pass, friction", async () => {
  const line = await trainedRun(member.caller, world.system());
  await world.db
    .update(jobs)
    .set({ createdAt: new Date(Date.now() - 10 * MINUTE) })
    .where(eq(jobs.id, line.jobId));
  const { version } = await registeredVersion(member.caller, line, { name: "journey" });
  await endRun(member.caller, line.runId);
  const input = {
    versionId: version.id,
    eventId: newId("event"),
    trigger: "registered",
    requestedBy: member.id,
    force: false,
  };
  expect(await qualify(world.system(), objectStore(), input, (_, work) => work())).toBe("pass");
  const ask = (minutes: number) =>
    requestVersionReview.execute(at(member, minutes), {
      name: "journey",
      version: 1,
      environment: "production",
      rationale: "Better on the holdout",
    });
  const first = await ask(5);
  await touchReview.execute(at(reviewer, 15), { reviewId: first.reviewId });
  await commentOnReview.execute(at(reviewer, 16), { reviewId: first.reviewId, text: "Why this group?" });
  const decide = (reviewId: string, decision: string, minutes: number) =>
    decideReview.execute(at(reviewer, minutes), { reviewId, decision, reason: "Looked at it" });
  await decide(first.reviewId, "request_changes", 20);
  const second = await ask(25);
  await decide(second.reviewId, "approve", 35);
  const { deploymentId } = await deploy.execute(at(member, 40), {
    model: "journey",
    version: 1,
    environment: "production",
  });
  const before = await getVelocity.execute(member.caller, {});
  expect(before).toMatchObject({ open: 1, cycle: { n: 0 }, etp: { events: 0, n: 1 } });
  expect(before.friction.firstPass).toMatchObject({ events: 1, n: 1 });
  await storePredictions(world.db, [
    predictionOf({ id: deploymentId, versionId: version.id }, world.teamId, {
      atMs: Date.now() + 42 * MINUTE,
    }),
  ]);

  const after = await getVelocity.execute(member.caller, {});
  expect(after).toMatchObject({ open: 0, cycle: { n: 1 }, etp: { events: 1, n: 1, value: 1 } });
  const [row] = after.rows.cycles;
  expect(row).toMatchObject({ model: "journey", returns: 1, touches: 3, gatesPassedFirst: true });
  const minutes = (value: number | undefined) => Math.round((value ?? -1) / MINUTE);
  const stages = row?.stages;
  expect(minutes(stages?.queue) + minutes(stages?.run)).toBe(10);
  expect([stages?.register, stages?.reviewWait, stages?.review].map(minutes)).toEqual([5, 10, 20]);
  expect([stages?.deployWait, stages?.deploy].map(minutes)).toEqual([5, 2]);
  expect(after.friction.humanShare).toBeCloseTo(30 / 52, 1);
  expect(after.friction).toMatchObject({ touches: 3, returns: 1 });

  const foreign = await world.person("admin", { teamId: world.otherTeamId });
  expect(await getVelocity.execute(foreign.caller, {})).toMatchObject({ open: 0, etp: { n: 0 } });
});
