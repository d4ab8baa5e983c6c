import type { Server } from "node:http";
import path from "node:path";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelVersions } from "@/db/schema";
import { waitFor } from "@/db/testing";
import {
  filesOf,
  makePythonModels,
  pythonSettings,
  specOfPython,
  type PythonModels,
} from "@/server/adapters/model-runtime/python/testing-python";
import { PythonEnvironments } from "@/server/adapters/model-runtime/python/environments";
import { makeRuntime } from "@/server/adapters/model-runtime/testing";
import { objectStore, trustedAttestorKeys } from "@/server/composition";
import { decideReview, latestGates } from "@/server/governance";
import { createWorld, type Person, type World } from "@/server/governance/testing";
import { contractView, saveContract, versionOf } from "@/server/registry";
import { proposeContract } from "@/server/registry/contract/rules";
import { versionTriedBy } from "@/server/registry/qualify/may-run";
import { parseMlmodel } from "@/server/registry/qualify/mlmodel";
import { collect, judge, sealAndScan } from "@/server/registry/qualify/qualify-version";
import { sealedFiles } from "@/server/registry/qualify/seal-files";
import { tryVersion } from "@/server/registry/qualify/try-version";
import { requestVersionReview } from "@/server/registry/request-version-review";
import "@/server/registry/subject";
import { qualify, type Step } from "@/server/registry/qualify/run";
import { endRun, registeredVersion, trainedRun } from "@/server/registry/testing";
import { deploy } from "../deploy";
import type { PredictionRecord } from "./gateway";
import { createGatewayServer } from "./http-server";
import { Statistics } from "./oip/statistics";
import { RouteFollower } from "./route-follower";
import { pythonEnv, pythonWith, run } from "./testing-python";

let world: World;
let models: PythonModels;
let member: Person;
let reviewer: Person;

beforeAll(async () => {
  world = await createWorld();
  [member, reviewer] = [await world.person("member"), await world.person("reviewer")];
  models = await makePythonModels();
}, 600_000);
afterAll(() => world.close());

const tools = () => ({
  runtime: makeRuntime({ python: pythonSettings }),
  environments: new PythonEnvironments(pythonSettings),
});

/** A version of the files of a logged model, from a run that has ended. */
async function registered(name: string, files = filesOf(models, name)): Promise<string> {
  const line = await trainedRun(member.caller, world.system(), {
    files: { "modelworks/contract.json": "" },
  });
  const { version } = await registeredVersion(member.caller, line, { name, files });
  await endRun(member.caller, line.runId);
  return version.id;
}

it("is ready for its client before its packages are installed; the gates follow", async () => {
  const id = await registered("sklearn-proba");
  const asked = { versionId: id, eventId: "evt_first", trigger: "registered", requestedBy: member.id };
  const untilTried: Step = (name, work) =>
    name === "try" ? Promise.reject(new Error("it is tried now")) : work();
  const gates = qualify(world.system(), objectStore(), { ...asked, force: false }, untilTried);
  await expect(gates).rejects.toThrow("it is tried now");
  expect(await versionOf(world.system(), id)).toMatchObject({
    state: "ready",
    gateRunId: null,
    stateText: "Files are sealed and scanned. The gates run when the model has been tried.",
  });
});

let asked = 0;

/** The gates, as the worker runs them, with environments that are kept between runs of the tests. */
async function runGates(versionId: string) {
  const system = world.system();
  await sealAndScan(system, objectStore(), versionId);
  await collect(system, objectStore(), versionId);
  const version = await versionOf(system, versionId);
  const files = (await sealedFiles(system, versionId)).map((file) => ({ ...file, createdAt: new Date() }));
  await tryVersion(system, objectStore(), tools, version, files);
  asked += 1;
  await judge(system, {
    versionId,
    eventId: `evt_python_${asked}`,
    trigger: "asked for",
    requestedBy: member.id,
    force: true,
  });
  const gates = await latestGates(system, "model_version", versionId);
  return Object.fromEntries((gates?.verdicts ?? []).map((each) => [each.policyKey, each]));
}

/** Declares the contract that is proposed, with a warm-up of its own. */
async function declare(versionId: string) {
  const version = await versionOf(world.system(), versionId);
  const { signature } = contractView(version);
  await saveContract.execute(member.caller, {
    name: version.modelName,
    version: version.number,
    contract: { ...proposeContract(signature), latencyBoundMs: 500 },
  });
  return signature;
}

async function approve(versionId: string, environment: "trial" | "staging") {
  const version = await versionOf(world.system(), versionId);
  const { reviewId } = await requestVersionReview.execute(member.caller, {
    name: version.modelName,
    version: version.number,
    environment,
    rationale: "Its code was read line by line.",
  });
  return decideReview.execute(reviewer.caller, { reviewId, decision: "approve", reason: "Read it." });
}

const deployed = async (versionId: string) => {
  const version = await versionOf(world.system(), versionId);
  const target = { model: version.modelName, version: version.number, environment: "staging" as const };
  return deploy.execute(member.caller, target);
};

/** A gateway's real server over the database's routes. */
async function startGateway() {
  // What was built for the trial is there; nothing is fetched any more.
  const offline = { ...pythonSettings, buildEnv: { PIP_INDEX_URL: "http://127.0.0.1:9/simple" } };
  const runtime = makeRuntime({ python: offline });
  const follower = new RouteFollower({
    db: world.db,
    store: objectStore(),
    runtime,
    attestorKeys: trustedAttestorKeys,
    pollMs: 2 ** 30,
  });
  const records: PredictionRecord[] = [];
  const record = (each: PredictionRecord) => records.push(each) > 0;
  const server: Server = createGatewayServer({
    parts: { runtime, routes: () => follower.routes, record, statistics: new Statistics() },
    callers: { actor: () => Promise.resolve({ ...member.actor, kind: "token", scopes: ["infer"] }) },
    version: "1",
    isReady: () => true,
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  // A gateway calls itself ready when some of it takes long; here everything is to be asked.
  const servesAll = () =>
    follower.knowsRoutes && [...follower.routes.values()].every(({ stable }) => stable !== undefined);
  await waitFor(servesAll, { what: "every deployment is served", timeoutMs: 180_000 });
  return {
    records,
    address: `127.0.0.1:${port}`,
    async infer(name: string, inputs: unknown) {
      const response = await fetch(`http://127.0.0.1:${port}/v2/models/${name}/infer`, {
        method: "POST",
        headers: { authorization: "Bearer any", "content-type": "application/json" },
        body: JSON.stringify({ inputs }),
      });
      return { status: response.status, body: await response.json() };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await follower.stop();
      await runtime.close();
    },
  };
}

const CLIENTS = path.join(import.meta.dirname, "clients");

/** Asks a deployment of one of the tests' models as its users do; the script says on the way what went well. */
async function askByClients(address: string, deployment: string, model: string) {
  const python = path.join(await pythonWith(path.join(CLIENTS, "requirements.txt")), "bin", "python");
  const script = path.join(CLIENTS, "python_models.py");
  return run([python, script, address, deployment, models.folder, model], CLIENTS, pythonEnv(), 120_000);
}

describe("a model that Python serves", () => {
  it("is scanned, tried, judged, deployed and answers through the gateway as in Python", async () => {
    const id = await registered("sklearn");
    const first = await runGates(id);
    expect(first["file-scan"]?.verdict).toBe("pass");
    expect(first.contract?.message).toContain("Declare the one that is proposed");
    // As a release left it that could not serve such models.
    await world.db
      .update(modelVersions)
      .set({ weightsPath: null, weightsDigest: null, signature: null })
      .where(eq(modelVersions.id, id));
    await runGates(id);
    const signature = await declare(id);
    expect(signature).toEqual({
      inputs: [
        { name: "age", datatype: "INT64", shape: [-1, 1] },
        { name: "income", datatype: "FP64", shape: [-1, 1] },
        { name: "city", datatype: "BYTES", shape: [-1, 1] },
        { name: "member", datatype: "BOOL", shape: [-1, 1] },
      ],
      outputs: [{ name: "output-0", datatype: "BYTES", shape: [-1] }],
    });
    const verdicts = await runGates(id);
    expect(`${verdicts.contract?.verdict}: ${verdicts.contract?.message}`).toMatch(/^pass/);
    expect(verdicts.contract?.rules.find((rule) => rule.id === "answers")?.values.reason).toMatch(
      /^The model loads and answers the logged input example\. \(Python 3\.\d+, \d+ packages, lock sha256:/,
    );
    const booster = await registered("lightgbm");
    await runGates(booster);
    await declare(booster);
    expect((await runGates(booster)).contract).toMatchObject({ verdict: "pass" });

    const names = { sklearn: (await deployed(id)).name, lightgbm: (await deployed(booster)).name };
    const gateway = await startGateway();
    try {
      for (const [model, name] of Object.entries(names)) {
        const { inputs, answers } = models.expected[model] ?? { inputs: [], answers: {} };
        const { status, body } = await gateway.infer(name, inputs);
        expect({ status, body }).toMatchObject({ status: 200, body: { outputs: expect.any(Array) } });
        const given = body.outputs.map((each: { name: string; data: unknown[] }) => [each.name, each.data]);
        expect(Object.fromEntries(given)).toEqual(answers);
      }
      const empty = models.cases.sklearn?.find(({ answers }) => answers === null)?.inputs;
      expect(await gateway.infer(names.sklearn, empty)).toMatchObject({
        status: 400,
        body: { error: expect.stringContaining("Send at least one row.") },
      });
      const [age, ...others] = models.expected.sklearn?.inputs ?? [];
      expect(await gateway.infer(names.sklearn, [{ ...age, datatype: "BYTES" }, ...others])).toMatchObject({
        status: 400,
      });
    } finally {
      await gateway.close();
    }
  }, 240_000);

  it.each(["custom", "tensor"])(
    "has the signature that its MLmodel names, as its process sees it: %s",
    async (name) => {
      const runtime = makeRuntime({ python: pythonSettings });
      try {
        const text = filesOf(models, name).MLmodel?.toString("utf8") ?? "";
        expect(await runtime.load(name, specOfPython(models, name))).toEqual({
          ...parseMlmodel(text)?.signature,
          platform: "mlflow_pyfunc",
        });
      } finally {
        await runtime.close();
      }
    },
    120_000,
  );

  it("is not run before a reviewer admitted its own code, and then as the reviewer saw it", async () => {
    const id = await registered("coded");
    await runGates(id);
    await declare(id);
    const before = await runGates(id);
    expect(before["file-scan"]?.verdict).toBe("indeterminate");
    expect(before.contract?.rules.find((rule) => rule.id === "answers")?.values.reason).toContain(
      "The model was not tried, because it runs its own code, which a reviewer must admit first",
    );
    await expect(deployed(id)).rejects.toMatchObject({ code: "precondition_failed" });
    // The author cannot admit it, and staging is not open to what nobody tried.
    await expect(approve(id, "staging")).rejects.toMatchObject({ code: "precondition_failed" });

    const trial = await approve(id, "trial");
    expect(trial).toMatchObject({ state: "approved" });
    expect(await versionTriedBy(world.db, world.teamId, trial.reviewId)).toBe(id);
    expect(await versionTriedBy(world.db, world.otherTeamId, trial.reviewId)).toBeUndefined();
    expect((await runGates(id)).contract).toMatchObject({ verdict: "pass" });
    await expect(deployed(id)).rejects.toMatchObject({ code: "precondition_failed" });
    const { reviewId } = await approve(id, "staging");
    expect(await versionTriedBy(world.db, world.teamId, reviewId)).toBeUndefined();
    const { name } = await deployed(id);
    const gateway = await startGateway();
    try {
      const { code, output } = await askByClients(gateway.address, name, "coded");
      expect(output).toContain("config");
      expect(code, output.slice(-2_000)).toBe(0);
      // What was asked is on record, whole numbers in all their digits.
      const asked = gateway.records.filter(({ status, parameters }) => status === 200 && parameters !== null);
      expect(asked).toHaveLength(6);
      expect(asked.at(-1)?.parameters).toMatchObject({ shift: "1152921504606846977", weights: [3, 0.25, 2] });
    } finally {
      await gateway.close();
    }
  }, 240_000);

  it("is never run when the scan refuses it, whoever approves", async () => {
    const id = await registered("custom");
    const verdicts = await runGates(id);
    expect(verdicts["file-scan"]?.verdict).toBe("fail");
    const [row] = await world.db.select().from(modelVersions).where(eq(modelVersions.id, id));
    expect(row?.evidence.trial).toMatchObject({
      state: "refused",
      message: expect.stringContaining("unsafe"),
    });
    await expect(approve(id, "trial")).rejects.toMatchObject({ code: "precondition_failed" });
  }, 120_000);
});
