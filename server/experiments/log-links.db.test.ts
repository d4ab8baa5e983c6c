import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { runEndpoints } from "@/server/http/mlflow/tracking";
import { createExperiment, createLoggedModel, createRun, getRun, logInputs, logOutputs } from "./index";
import { memberOf } from "./testing";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

const ours = () => ({ actor: memberOf("team_ours"), db: database.db });
const theirs = () => ({ actor: memberOf("team_theirs"), db: database.db });

/** An rpc of the protocol, as its clients call it. */
const rpc = (path: string, params: Record<string, unknown>) => {
  const endpoint = runEndpoints.find((each) => each.path === path);
  if (!endpoint) throw new Error(`There is no rpc ${path}.`);
  return endpoint.run(ours(), params);
};

let runId: string;
let modelId: string;
let foreignId: string;
let count = 0;
beforeEach(async () => {
  const name = `links ${(count += 1)}`;
  const { id } = await createExperiment.execute(ours(), { name });
  const other = await createExperiment.execute(theirs(), { name });
  runId = (await createRun.execute(ours(), { experimentId: String(id) })).id;
  modelId = (await createLoggedModel.execute(ours(), { experimentId: String(id) })).id;
  foreignId = (await createLoggedModel.execute(theirs(), { experimentId: String(other.id) })).id;
});

describe("models that a run read", () => {
  it("come back as they were logged, once however often they are sent", async () => {
    const params = { run_id: runId, models: [{ model_id: modelId }] };
    await rpc("/runs/log-inputs", params);
    await rpc("/runs/log-inputs", params);
    expect(await rpc("/runs/get", { run_id: runId })).toMatchObject({
      run: { inputs: { model_inputs: [{ model_id: modelId }] }, outputs: { model_outputs: undefined } },
    });
    expect((await getRun.execute(ours(), { runId })).modelInputs).toEqual([{ modelId }]);
  });

  it("stand apart from the models that it made, and keep to their run", async () => {
    await rpc("/runs/outputs", { run_id: runId, models: [{ model_id: modelId, step: 7 }] });
    expect(await rpc("/runs/get", { run_id: runId })).toMatchObject({
      run: {
        inputs: { model_inputs: undefined },
        outputs: { model_outputs: [{ model_id: modelId, step: 7 }] },
      },
    });
    await rpc("/runs/log-inputs", { run_id: runId, models: [{ model_id: modelId }] });
    const both = { modelInputs: [{ modelId }], outputs: [{ modelId, step: 7 }] };
    expect(await getRun.execute(ours(), { runId })).toMatchObject(both);
    const { id } = await createRun.execute(ours(), {});
    expect(await getRun.execute(ours(), { runId: id })).toMatchObject({ modelInputs: [], outputs: [] });
  });

  it.each([
    ["read", logInputs],
    ["made", logOutputs],
  ])("must be logged models of the team: %s", async (_what, verb) => {
    for (const wrong of [foreignId, "m-00000000000000000000000000000000"]) {
      const models = [{ model_id: modelId }, { model_id: wrong }];
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await expect(verb.execute(ours(), { runId, models })).rejects.toMatchObject({
        code: "not_found",
        message: expect.stringContaining(`logged model ${wrong}`),
      });
    }
    expect(await getRun.execute(ours(), { runId })).toMatchObject({ modelInputs: [], outputs: [] });
  });
});
