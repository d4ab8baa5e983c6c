import { afterAll, beforeAll, expect, it } from "vitest";
import { objectStore } from "@/server/composition";
import { createWorld, type Person, type World } from "@/server/governance/testing";
import { createLoggedModel, finalizeLoggedModel } from "@/server/experiments";
import { deleteModel } from "./delete-model";
import { deleteVersion } from "./delete-version";
import { createModel, createVersion, versionOf } from "./index";
import { sealAndScan } from "./qualify/qualify-version";
import { sealedFiles } from "./qualify/seal-files";
import { versionsOfRun } from "./queries";
import { endRun, registeredVersion, trainedRun } from "./testing";

let world: World;
let member: Person;
beforeAll(async () => {
  world = await createWorld();
  member = await world.person("member");
});
afterAll(() => world.close());

async function first(name: string) {
  const line = await trainedRun(member.caller, world.system());
  const { version } = await registeredVersion(member.caller, line, { name });
  await endRun(member.caller, line.runId);
  return { line, version };
}

it("copies a version as MLflow's copy_model_version asks for it, with its files and its run", async () => {
  const { line, version } = await first("copied");
  await createModel.execute(member.caller, { name: "copy", tags: [] });
  const copy = await createVersion.execute(member.caller, {
    name: "copy",
    source: "models:/copied/1",
    runId: line.runId,
  });
  expect(copy).toMatchObject({
    number: 1,
    source: "models:/copied/1",
    runId: line.runId,
    loggedModelId: version.loggedModelId,
  });
  for (const id of [version.id, copy.id]) await sealAndScan(world.system(), objectStore(), id);
  const [of, from] = await Promise.all(
    [copy.id, version.id].map(async (id) => (await versionOf(world.system(), id)).manifestDigest),
  );
  expect(of).toBe(from);
  expect(await sealedFiles(world.system(), copy.id)).toHaveLength(2);
});

it("refuses what is not there, and what belongs to another team", async () => {
  await first("mine");
  const stranger = await world.person("admin", { teamId: world.otherTeamId });
  await createModel.execute(stranger.caller, { name: "theirs", tags: [] });
  const copied = (caller: Person["caller"], name: string, source: string) =>
    createVersion.execute(caller, { name, source });
  await expect(copied(member.caller, "mine", "models:/mine/7")).rejects.toMatchObject({ code: "not_found" });
  await expect(copied(stranger.caller, "theirs", "models:/mine/1")).rejects.toMatchObject({
    code: "not_found",
  });
});

it("refuses a run that did not make the model, instead of leaving it out", async () => {
  const { version } = await first("of-a-run");
  const other = await trainedRun(member.caller, world.system());
  for (const runId of [other.runId, "nope"])
    await expect(
      createVersion.execute(member.caller, { name: "of-a-run", source: version.source, runId }),
    ).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("is not the run that made"),
    });
});

it("says of a model that was logged without a run that no run made it", async () => {
  const { line } = await first("with-a-run");
  const made = await createLoggedModel.execute(member.caller, {
    experimentId: line.experimentId,
    name: "alone",
  });
  await finalizeLoggedModel.execute(member.caller, { modelId: made.id, status: "LOGGED_MODEL_READY" });
  await createModel.execute(member.caller, { name: "alone", tags: [] });
  const register = (source: string, runId?: string) =>
    createVersion.execute(member.caller, { name: "alone", source, runId });
  expect(await register(`models:/${made.id}`)).toMatchObject({ number: 1, runId: null });
  await expect(register("models:/alone/1", line.runId)).rejects.toMatchObject({
    message: expect.stringContaining("the run that made this model, which was logged without one"),
  });
});

it("are found from the run that they came from, as long as they and their model are there", async () => {
  const { line, version } = await first("of-run");
  await createModel.execute(member.caller, { name: "of-run-copy", tags: [] });
  const source = "models:/of-run/1";
  await createVersion.execute(member.caller, { name: "of-run-copy", source, runId: line.runId });
  const found = async (person: Person) =>
    (await versionsOfRun.execute(person.caller, { runId: line.runId })).items.map(({ model, number }) => [
      model,
      number,
    ]);
  expect(await found(member)).toEqual([
    ["of-run-copy", 1],
    ["of-run", 1],
  ]);
  const stranger = await world.person("member", { teamId: world.otherTeamId });
  await expect(found(stranger)).rejects.toMatchObject({ code: "not_found" });
  await deleteModel.execute(member.caller, { name: "of-run-copy" });
  expect(await found(member)).toEqual([["of-run", 1]]);
  await deleteVersion.execute(member.caller, { name: "of-run", version: version.number });
  expect(await found(member)).toEqual([]);
});
