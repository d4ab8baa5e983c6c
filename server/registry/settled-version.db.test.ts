import { afterAll, beforeAll, expect, it } from "vitest";
import { createWorld, type Person, type World } from "@/server/governance/testing";
import { failVersion, readyBeforeGates } from "./qualify/qualify-version";
import { settledVersion } from "./settled-version";
import { registeredVersion, trainedRun } from "./testing";

let world: World;
let member: Person;
beforeAll(async () => {
  world = await createWorld();
  member = await world.person("member");
});
afterAll(() => world.close());

const made = async (name: string) =>
  (await registeredVersion(member.caller, await trainedRun(member.caller, world.system()), { name })).version;

it.each([
  ["ready", (id: string) => readyBeforeGates(world.system(), id, "later")],
  ["failed", (id: string) => failVersion(world.system(), id, "unsafe")],
])("a question about a new version is answered when it is %s, not before", async (state, settle) => {
  const version = await made(`new ${state}`);
  const order: string[] = [];
  const asked = settledVersion(member.caller, { name: `new ${state}`, version: 1 }, 60_000).then((found) => {
    order.push("answered");
    return found.state;
  });
  await settle(version.id);
  order.push("settled");
  expect(await asked).toBe(state);
  expect(order).toEqual(["settled", "answered"]);
});

it("is answered as it is when its time is over, and at once where it is none of the team's", async () => {
  await made("slow");
  expect(await settledVersion(member.caller, { name: "slow", version: 1 }, 1)).toMatchObject({
    state: "pending",
  });
  await expect(settledVersion(member.caller, { name: "slow", version: 2 })).rejects.toMatchObject({
    code: "not_found",
  });
  const stranger = await world.person("member", { teamId: world.otherTeamId });
  await expect(settledVersion(stranger.caller, { name: "slow", version: 1 })).rejects.toMatchObject({
    code: "not_found",
  });
});
