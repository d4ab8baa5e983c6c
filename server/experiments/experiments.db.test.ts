import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import {
  createExperiment,
  createRun,
  deleteRun,
  getExperiment,
  getExperimentByName,
  getRun,
  updateRun,
} from "./index";
import { listExperiments } from "./list-queries";
import { memberOf } from "./testing";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

let teams = 0;
/** Someone of a team of its own. */
const fresh = () => ({ actor: memberOf(`team_${(teams += 1)}`), db: database.db });

it("an experiment is found again by the name it was created with", async () => {
  const ours = fresh();
  const { id } = await createExperiment.execute(ours, { name: "churn " });
  for (const name of ["churn ", "churn", " churn"])
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    expect(await getExperimentByName.execute(ours, { name })).toMatchObject({ id, name: "churn" });
  await expect(getExperimentByName.execute(ours, { name: " " })).rejects.toMatchObject({
    code: "invalid",
    details: { fields: { name: "must not be empty" } },
  });
});

it("the default experiment is made once, also by requests of one moment, and reading it uses up no number", async () => {
  const ours = fresh();
  const read = () => getExperiment.execute(ours, { experimentId: "0" });
  const first = await Promise.all([read(), read(), read()]);
  expect(new Set(first.map(({ id }) => id)).size).toBe(1);
  const before = await createExperiment.execute(ours, { name: "before" });
  for (let each = 0; each < 5; each += 1)
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    expect(await read()).toMatchObject({ id: first[0]?.id, name: "Default" });
  const after = await createExperiment.execute(ours, { name: "after" });
  expect(after.id).toBe(before.id + 1);
});

it("the list puts last what was used last only by a run that is deleted", async () => {
  const ours = fresh();
  const [old, recent] = await Promise.all(
    ["old", "recent"].map((name) => createExperiment.execute(ours, { name })),
  );
  const startMs = Date.now() + 60_000;
  const start = (experiment: typeof old, ms: number) =>
    createRun.execute(ours, { experimentId: String(experiment?.id), startMs: ms });
  await start(recent, startMs);
  const run = await start(old, startMs + 1000);
  const names = async () => (await listExperiments.execute(ours, {})).items.map(({ name }) => name);
  expect(await names()).toEqual(["old", "recent"]);
  await deleteRun.execute(ours, { runId: run.id });
  expect(await names()).toEqual(["recent", "old"]);
});

it("a run is answered at its beginning and after a change as it is read later", async () => {
  const ours = fresh();
  const tags = [
    { key: "b", value: "2" },
    { key: "a", value: "1" },
  ];
  const begun = await createRun.execute(ours, { experimentId: "0", userName: "ada", tags });
  expect(begun).toEqual(await getRun.execute(ours, { runId: begun.id }));
  expect(begun).toMatchObject({ experimentName: "Default", params: [], metrics: [], inputs: [] });
  expect(begun.tags.map(({ key }) => key)).toEqual(["a", "b", "mlflow.runName", "mlflow.user"]);
  const changed = await updateRun.execute(ours, { runId: begun.id, runName: "renamed", status: "FINISHED" });
  expect(changed).toEqual(await getRun.execute(ours, { runId: begun.id }));
  expect(changed).toMatchObject({ name: "renamed", status: "FINISHED" });
});
