import { sql } from "drizzle-orm";
import onnxProto from "onnx-proto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { objectStore } from "@/server/composition";
import { sha256Hex } from "@/server/core/digest";
import { prepareArtifact } from "@/server/experiments";
import { latestGates } from "@/server/governance";
import { createWorld, type Person, type World } from "@/server/governance/testing";
import { deleteVersion } from "./delete-version";
import { filesOfVersion, versionOf } from "./index";
import { judge } from "./qualify/qualify-version";
import { qualify, type Step } from "./qualify/run";
import { endRun, goodContract, goodPredictions, onnxModel, registeredVersion, trainedRun } from "./testing";

const { onnx } = onnxProto;
const plain: Step = (_, work) => work();
let world: World;
let member: Person;
beforeAll(async () => {
  world = await createWorld();
  member = await world.person("member");
});
afterAll(() => world.close());

let count = 0;
const request = (
  versionId: string,
  change: Partial<{ eventId: string; force: boolean; storedEvidence: boolean }> = {},
) => ({
  versionId,
  eventId: `evt_${(count += 1)}`,
  trigger: "registered",
  requestedBy: member.id,
  force: false,
  ...change,
});

async function qualified(
  options: Parameters<typeof trainedRun>[2] & { model?: Record<string, Buffer | string> } = {},
) {
  const line = await trainedRun(member.caller, world.system(), options);
  const { version, modelRoot } = await registeredVersion(member.caller, line, {
    name: `model-${(count += 1)}`,
    ...(options.model ? { files: options.model } : {}),
  });
  await endRun(member.caller, line.runId);
  const outcome = await qualify(world.system(), objectStore(), request(version.id), plain);
  const after = await versionOf(world.system(), version.id);
  const gates = await latestGates(world.system(), "model_version", version.id);
  const verdicts = Object.fromEntries((gates?.verdicts ?? []).map((each) => [each.policyKey, each]));
  return { line, version: after, modelRoot, outcome, verdicts };
}

/** The good model with one thing in it that no runtime gets past. */
function breaking(fault: { opType?: string; opset?: number; gather?: number }): Buffer {
  const model = onnx.ModelProto.decode(onnxModel());
  const [first] = model.graph?.node ?? [];
  if (!first || !model.graph) throw new Error("The good model has no node.");
  if (fault.opType) first.opType = fault.opType;
  if (fault.opset) for (const each of model.opsetImport) each.version = fault.opset;
  if (fault.gather !== undefined) {
    const index = { name: "row", dataType: 7, dims: [1], int64Data: [fault.gather] };
    model.graph.initializer?.push(onnx.TensorProto.create(index));
    const input = model.graph.input?.[0]?.name ?? "";
    model.graph.node?.unshift(
      onnx.NodeProto.create({ opType: "Gather", input: [input, "row"], output: ["taken"] }),
    );
    first.input = (first.input ?? []).map((name) => (name === input ? "taken" : name));
  }
  return Buffer.from(onnx.ModelProto.encode(model).finish());
}

/** The good model, whose probabilities are taken over the rows instead of over the classes. */
function mixing(): Buffer {
  const model = onnx.ModelProto.decode(onnxModel());
  const softmax = model.graph?.node?.find(({ opType }) => opType === "Softmax");
  softmax?.attribute?.push(onnx.AttributeProto.create({ name: "axis", type: 2, i: 0 }));
  return Buffer.from(onnx.ModelProto.encode(model).finish());
}

describe("a good version", () => {
  test("passes every gate and is sealed by digests that sha256sum gives too", async () => {
    const { version, modelRoot, verdicts, outcome } = await qualified();
    expect(
      Object.fromEntries(
        Object.entries(verdicts).map(([key, each]) => [key, `${each.verdict} ${each.message}`]),
      ),
    ).toEqual({
      contract: expect.stringContaining("pass"),
      provenance: expect.stringContaining("pass"),
      "card-completeness": expect.stringContaining("pass"),
      "file-scan": expect.stringContaining("pass"),
      evaluation: expect.stringContaining("pass"),
      fairness: expect.stringContaining("pass"),
    });
    expect(outcome).toBe("pass");
    expect(verdicts.contract?.rules.find((rule) => rule.id === "answers")?.values.reason).toBe(
      "The model loads and answers values made from its inputs' types.",
    );
    expect(version.evidence.trial).toMatchObject({ state: "answered", latencyMs: expect.any(Number) });
    expect(version).toMatchObject({ state: "ready", weightsPath: "model.onnx", gatesOutcome: "pass" });
    const files = await filesOfVersion(world.system(), version.id);
    // The recipe of the page: `sha256sum` lines, sorted by path, hashed again.
    const lines = files
      .map((file) => `${file.digest.replace("sha256:", "")}  ${file.path}\n`)
      .toSorted((a, b) => Buffer.compare(Buffer.from(a.slice(66)), Buffer.from(b.slice(66))));
    expect(version.manifestDigest).toBe(`sha256:${sha256Hex(lines.join(""))}`);
    expect(version.weightsDigest).toBe(`sha256:${sha256Hex(onnxModel())}`);
    await expect(
      prepareArtifact.execute(member.caller, { path: `${modelRoot}/extra.txt` }),
    ).rejects.toMatchObject({
      code: "forbidden",
    });
    await expect(
      world.db.execute(sql`delete from model_version_files where version_id = ${version.id}`),
    ).rejects.toThrow();
  });

  test("that an earlier release judged is tried when it is judged again, and once", async () => {
    const { version } = await qualified();
    const trial = version.evidence.trial;
    await world.db.execute(
      sql`update model_versions set evidence = evidence - 'trial' where id = ${version.id}`,
    );
    const again = { force: true, storedEvidence: true };
    expect(await qualify(world.system(), objectStore(), request(version.id, again), plain)).toBe("pass");
    const tried = (await versionOf(world.system(), version.id)).evidence.trial;
    expect({ ...Object(tried), latencyMs: 0 }).toEqual({ ...Object(trial), latencyMs: 0 });
    expect(await qualify(world.system(), objectStore(), request(version.id, again), plain)).toBe("pass");
    expect((await versionOf(world.system(), version.id)).evidence.trial).toEqual(tried);
  });

  test.each([
    ["of which no row changes another, is tried so", "together", "The model loads and answers"],
    ["whose rows change each other, is told not to", "mixing", 'the answer "probabilities" to one changes'],
  ])("that allows batching, %s", async (_what, kind, message) => {
    const contract = JSON.stringify({ ...goodContract(), batching: { maxRows: 64 } });
    const { version, verdicts } = await qualified({
      files: { "modelworks/contract.json": contract },
      ...(kind === "mixing" ? { model: { "model.onnx": mixing() } } : {}),
    });
    expect(version.evidence.trial).toMatchObject({ message: expect.stringContaining(message) });
    expect(verdicts.contract?.verdict).toBe(kind === "mixing" ? "fail" : "pass");
  });

  test("registered inside its run is ready at once and judged when the run has ended", async () => {
    const line = await trainedRun(member.caller, world.system());
    const { version } = await registeredVersion(member.caller, line, { name: "inside" });
    expect(await qualify(world.system(), objectStore(), request(version.id), plain)).toBe("waiting");
    expect(await versionOf(world.system(), version.id)).toMatchObject({ state: "ready", gatesOutcome: null });
    expect(await latestGates(world.system(), "model_version", version.id)).toBeUndefined();
    await endRun(member.caller, line.runId);
    expect(await qualify(world.system(), objectStore(), request(version.id), plain)).toBe("pass");
  });
});

describe("what must never pass", () => {
  test.each([
    [
      "a contract that differs from the model file",
      { "modelworks/contract.json": JSON.stringify(goodContract(["age", "bmi"])) },
      "contract",
      "dimension 2 is declared 2",
    ],
    [
      "features in another order",
      { "modelworks/contract.json": JSON.stringify(goodContract(["bmi", "age", "bp"])) },
      "contract",
      "Feature 1",
    ],
    ["no contract", { "modelworks/contract.json": "" }, "contract", "No contract is declared"],
    [
      "a contract of a wrong form",
      { "modelworks/contract.json": JSON.stringify({ inputs: [] }) },
      "contract",
      "The contract that was logged cannot be used: outputs is needed",
    ],
    ["no card", { "modelworks/card.json": "" }, "card-completeness", "Fill in"],
    ["no predictions, for fairness", { "evaluation/predictions.csv": "" }, "fairness", ""],
    [
      "a claim of fairness by the run itself",
      {
        "evaluation/predictions.csv": "",
        "evaluation/report.json": JSON.stringify({ fairness: { verdict: "pass" } }),
      },
      "fairness",
      "",
    ],
    [
      "predictions without outcomes",
      { "evaluation/predictions.csv": "row_id,score\n1,0.5\n" },
      "fairness",
      "",
    ],
  ])("%s", async (_, files, policy, message) => {
    const { version, verdicts } = await qualified({ files });
    expect(version.state).toBe("ready");
    expect(["fail", "error"]).toContain(verdicts[policy]?.verdict);
    expect(verdicts[policy]?.message).toContain(message);
  });

  test.each([
    [
      "an operator that the runtime does not know",
      breaking({ opType: "Frobnicate" }),
      /does not load: .*Frobnicate/,
    ],
    ["operators of a later release", breaking({ opset: 99 }), /does not load: .*99/],
    ["a model that fails on every request", breaking({ gather: 7 }), /loads, but fails on values made/],
  ])("%s", async (_, model, words) => {
    const { verdicts } = await qualified({ model: { "model.onnx": model } });
    const { verdict, message = "" } = verdicts.contract ?? {};
    expect([verdict, message]).toEqual(["fail", expect.stringMatching(words)]);
    expect(message).not.toMatch(/\/(tmp|var|work|home|root)\b/);
  });

  test("a model that does not answer the example that its contract names", async () => {
    const example = [{ name: "features", shape: [1, 2], data: [[1, 2]] }];
    const contract = JSON.stringify({ ...goodContract(), example });
    const { verdicts } = await qualified({ files: { "modelworks/contract.json": contract } });
    expect(verdicts.contract).toMatchObject({
      verdict: "fail",
      message: expect.stringContaining("the contract's example"),
    });
  });

  test("a logged accuracy that the predictions do not bear out", async () => {
    const wrong = goodPredictions().replaceAll(/,1,0\.5,/g, ",0,0.5,");
    const { verdicts } = await qualified({ files: { "evaluation/predictions.csv": wrong } });
    expect(verdicts.evaluation?.verdict).toBe("fail");
    expect(verdicts.evaluation?.message).toContain("accuracy 0.5");
  });

  test("a threshold of a hand-made run that came after its results", async () => {
    const { verdicts } = await qualified({ withJob: false });
    // The dataset is unknown without a job input, so there is no evaluation evidence at all, and no provenance.
    expect(verdicts.provenance?.verdict).toBe("fail");
    expect(["fail", "error"]).toContain(verdicts.evaluation?.verdict);
  });

  test("a pickle that would run a command is found without being loaded", async () => {
    const evil = Buffer.from("\x80\x02cos\nsystem\n(S'id'\ntR.", "latin1");
    const { version, verdicts } = await qualified({ model: { "model.pkl": evil } });
    expect(verdicts["file-scan"]).toMatchObject({ verdict: "fail" });
    expect(verdicts["file-scan"]?.message).toContain("model.pkl");
    expect(version).toMatchObject({ state: "ready", weightsPath: null });
    expect(verdicts.contract?.verdict).toBe("fail");
  });

  test("a contract file that is broken fails the version", async () => {
    const { version, outcome } = await qualified({ files: { "modelworks/contract.json": "{broken" } });
    expect(outcome).toBe("failed");
    expect(version.state).toBe("failed");
    expect(version.stateText).toContain("is not valid JSON");
  });
});

test("a crash after any step, and repeating every step, leaves one judgement", async () => {
  const line = await trainedRun(member.caller, world.system());
  const { version } = await registeredVersion(member.caller, line, { name: "crashing" });
  await endRun(member.caller, line.runId);
  const input = request(version.id);
  for (const broken of ["seal", "collect", "judge"]) {
    const dying: Step = async (name, work) => {
      const result = await work();
      if (name === broken) throw new Error("killed");
      return result;
    };
    await expect(qualify(world.system(), objectStore(), input, dying)).rejects.toThrow("killed");
  }
  expect(await qualify(world.system(), objectStore(), input, plain)).toBe("pass");
  await judge(world.system(), input);
  const { rows } = await world.db.execute<{ runs: number; audits: number; ready: number }>(sql`select
    (select count(*)::int from gate_runs where subject_id = ${version.id}) as runs,
    (select count(*)::int from audit_log where subject_id = ${version.id} and action = 'registry.version.qualify') as audits,
    (select count(*)::int from outbox_events where type = 'registry.version_ready' and payload->>'versionId' = ${version.id}) as ready`);
  expect(rows[0]).toEqual({ runs: 1, audits: 1, ready: 1 });
});

test.each(["seal", "collect", "try", "judge"])(
  "a version that is deleted before the step %s ends the work without a failed step",
  async (late) => {
    const line = await trainedRun(member.caller, world.system());
    const { version } = await registeredVersion(member.caller, line, { name: `deleted-before-${late}` });
    await endRun(member.caller, line.runId);
    const failures: unknown[] = [];
    const deleting: Step = async (name, work) => {
      if (name === late)
        await deleteVersion.execute(member.caller, {
          name: `deleted-before-${late}`,
          version: version.number,
        });
      return work().catch((error: unknown) => {
        failures.push(error);
        throw error;
      });
    };
    expect(await qualify(world.system(), objectStore(), request(version.id), deleting)).toBe("gone");
    expect(failures).toEqual([]);
  },
);
