import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, type Person, type World } from "@/server/governance/testing";
import {
  createModel,
  createVersion,
  getByAlias,
  latestVersions,
  runGates,
  searchVersions,
  setAlias,
} from "./index";
import { qualifiable } from "./qualify/qualify-version";
import { versionDetail } from "./queries";
import { referenceOf } from "./reference";
import { trainedRun } from "./testing";

let world: World;
let member: Person;
beforeAll(async () => {
  world = await createWorld();
  member = await world.person("member");
});
afterAll(() => world.close());

const model = (name: string) => createModel.execute(member.caller, { name, tags: [] });
const register = (name: string, source: string, more: { runId?: string; runLink?: string } = {}) =>
  createVersion.execute(member.caller, { name, source, ...more });

describe("a version of files elsewhere", () => {
  it.each([
    "s3://bucket/a model/1",
    "file:///mnt/models/1",
    "https://models.example.org/1.tar.gz?x=1#y",
    "runs:/no_run_of_ours/model",
    "mlflow-artifacts:/models/foo///bar",
    "dbfs:/models/1",
  ])("at %s is listed, ready and never judged", async (source) => {
    const name = `elsewhere ${source.replaceAll(/\W/g, " ").trim()}`;
    await model(name);
    const version = await register(name, source, { runId: "no_run_of_ours", runLink: "https://ci/7" });
    expect(version).toMatchObject({ number: 1, state: "ready", source, runId: null, artifactRoot: null });
    expect(referenceOf(version)).toEqual({
      location: source,
      runId: "no_run_of_ours",
      runLink: "https://ci/7",
    });
    expect(await qualifiable(world.system(), version.id)).toBeUndefined();
    await expect(runGates.execute(member.caller, { name, version: 1 })).rejects.toMatchObject({
      message: expect.stringContaining("A reference: its files are at"),
    });
    const detail = await versionDetail.execute(member.caller, { name, version: 1 });
    expect(detail).toMatchObject({ state: "reference", servedBy: { runtime: null }, gates: null, files: [] });
    expect(detail.stateText).toContain("were never in this portal");
    for (const blockers of [detail.blockers.staging, detail.blockers.production])
      expect(blockers).toMatchObject([{ what: detail.stateText }]);
    const found = await searchVersions.execute(member.caller, {
      filter: `run_id = 'no_run_of_ours' and name = '${name}'`,
    });
    expect(found.items.map((each) => each.id)).toEqual([version.id]);
    expect(await latestVersions.execute(member.caller, { name })).toMatchObject([{ number: 1 }]);
  });

  it("keeps a run of ours as its run", async () => {
    const { runId } = await trainedRun(member.caller, world.system());
    await model("with our run");
    const version = await register("with our run", "s3://bucket/m", { runId });
    expect([version.runId, referenceOf(version)?.runId]).toEqual([runId, null]);
  });

  it("is copied as what it is, by number, newest and alias", async () => {
    await model("first");
    await model("copies");
    const first = await register("first", "s3://bucket/m", { runId: "elsewhere_1" });
    await setAlias.execute(member.caller, { name: "first", alias: "good", version: 1 });
    for (const source of ["models:/first/1", "models:/first/latest", "models:/first@good"]) {
      // oxlint-disable-next-line no-await-in-loop -- one number after the other
      const copy = await register("copies", source, { runId: "elsewhere_1" });
      expect([copy.source, copy.reference]).toEqual([source, first.reference]);
    }
    expect(await getByAlias.execute(member.caller, { name: "first", alias: "good" })).toMatchObject({
      id: first.id,
    });
    await expect(register("copies", "models:/first@nobody")).rejects.toMatchObject({ code: "not_found" });
    await expect(register("copies", "models:/nothing/1")).rejects.toMatchObject({ code: "not_found" });
  });

  it.each([
    ["/etc/passwd", "To use a local path as a model version source"],
    ["model", "To use a local path as a model version source"],
    ["s3://bucket/../other", "without relative path references"],
    ["https://host/a/%2e%2e/b", "without relative path references"],
    ["mlflow-artifacts://host:9000/models/..%2f..%2fartifacts", "without relative path references"],
    ["http://host/a%2500", "without relative path references"],
    ["https://me:secret@host/model", "holds a password"],
    ["https://store.example.org/models/1?sv=2024&sig=c2VjcmV0", "or a signature"],
    ["s3://bucket/1?X-Amz-Signature=0a1b", "or a signature"],
  ])("is refused where %s names no place, climbs or tells a secret", async (source, words) => {
    await model(`refused ${source.replaceAll(/\W/g, " ").trim()}`).catch(() => undefined);
    await expect(register(`refused ${source.replaceAll(/\W/g, " ").trim()}`, source)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining(words),
    });
  });
});

it.each(["..", ".", "..a"])("no model is called %s, which a file may not be either", async (name) => {
  await expect(model(name)).rejects.toMatchObject({ code: "invalid" });
});

it("lists model versions as MLflow does: last changed first, without prompts", async () => {
  await model("listed");
  await register("listed", "s3://bucket/1");
  await register("listed", "s3://bucket/2");
  const prompt = [{ key: "mlflow.prompt.is_prompt", value: "true" }];
  await createModel.execute(member.caller, { name: "a prompt", tags: prompt });
  await createVersion.execute(member.caller, { name: "a prompt", source: "prompt-template", tags: prompt });
  await register("listed", "s3://bucket/3");
  const names = async (filter: string) =>
    (await searchVersions.execute(member.caller, { filter })).items.map(
      (each) => `${each.modelName} ${each.number}`,
    );
  expect((await names("")).slice(0, 3)).toEqual(["listed 3", "listed 2", "listed 1"]);
  expect(await names("")).not.toContain("a prompt 1");
  expect(await names("tags.`mlflow.prompt.is_prompt` = 'true'")).toEqual(["a prompt 1"]);
});
