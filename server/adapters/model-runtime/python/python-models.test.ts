import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { text as readAll } from "node:stream/consumers";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { waitFor } from "@/db/testing/wait-for";
import { isAppError } from "@/server/core/errors";
import type { ModelLimits, ModelRuntime, Tensor } from "../port";
import { dataFromJson } from "../tensor-from-json";
import { jsonElements } from "../tensor-to-json";
import { withoutNetwork } from "../process/start-child";
import { makeRuntime } from "../testing";
import { PythonEnvironments } from "./environments";
import { makePythonModels, pythonSettings, specOfPython, type PythonModels } from "./testing-python";

let models: PythonModels;
beforeAll(async () => {
  models = await makePythonModels();
}, 600_000);

const open: ModelRuntime[] = [];
afterEach(async () => {
  for (const runtime of open.splice(0)) await runtime.close();
});

function runtimeOf(options: Parameters<typeof makeRuntime>[0] = {}) {
  const runtime = makeRuntime({ python: pythonSettings, ...options });
  open.push(runtime);
  return runtime;
}

type Given = PythonModels["expected"][string]["inputs"];

const tensors = (inputs: Given): Tensor[] =>
  inputs.map(({ name, datatype, shape, data }) => ({
    name,
    datatype,
    shape,
    data:
      datatype === "INT64"
        ? BigInt64Array.from(data, (each) => BigInt(String(each)))
        : dataFromJson(datatype, shape, data, name),
  }));

const text = (name: string, ...values: string[]): Tensor => ({
  name,
  datatype: "BYTES",
  shape: [values.length, 1],
  data: values.map((value) => Buffer.from(value)),
});

async function refusal(answer: Promise<unknown>) {
  try {
    await answer;
    return { code: "answered", message: "" };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { code: error.code, message: error.message };
  }
}

describe("models that MLflow loads", () => {
  const xgboost = process.platform === "darwin" ? [] : ["xgboost"];
  it.each(["sklearn", "sklearn-proba", "lightgbm", ...xgboost, "tensor", "texts", "custom", "coded"])(
    "answers as mlflow.pyfunc does in Python itself: %s",
    async (name) => {
      const runtime = runtimeOf();
      const { inputs, answers } = models.expected[name] ?? { inputs: [], answers: {} };
      const signature = await runtime.load(name, specOfPython(models, name));
      const required = signature.inputs.filter((each) => each.optional !== true);
      expect(required.map((each) => each.name)).toEqual(inputs.map((each) => each.name));
      const ask = async (sent: Given, parameters = {}) => {
        const given = await runtime.infer(name, tensors(sent), { parameters });
        return Object.fromEntries(given.map((each) => [each.name, jsonElements(each)]));
      };
      expect(await ask(inputs)).toEqual(answers);
      // No rows, columns that may be left out, parameters.
      const cases = models.cases[name] ?? [];
      expect(cases.length).toBeGreaterThan(0);
      for (const each of cases)
        if (each.answers) expect(await ask(each.inputs, each.parameters)).toEqual(each.answers);
        else
          expect(await refusal(ask(each.inputs))).toMatchObject({
            code: "invalid",
            message: expect.stringContaining("holds no values"),
          });
    },
    120_000,
  );
});

describe("parameters of MLflow", () => {
  it("are told with their types and defaults, and refused by name where MLflow does not take the value", async () => {
    const runtime = runtimeOf();
    const { parameters = [] } = await runtime.load("coded", specOfPython(models, "coded"));
    expect(parameters.slice(0, 3)).toEqual([
      { name: "factor", type: "double", isList: false, default: "0.5" },
      { name: "ratio", type: "float", isList: false, default: "0.25" },
      { name: "shift", type: "long", isList: false, default: "1" },
    ]);
    expect(parameters.slice(6)).toEqual([
      { name: "since", type: "datetime", isList: false, default: '"2026-01-01T00:00:00"' },
      { name: "weights", type: "double", isList: true, default: "[1.0, 2.0]" },
      { name: "options", type: "object", isList: false, default: '{"depth": 1}' },
      { name: "timeout", type: "long", isList: false, default: "9" },
    ]);
    const inputs = tensors(models.expected.coded?.inputs ?? []);
    const wrong: [string, unknown][] = [
      ["factor", "much"],
      ["factor", [1]],
      ["shift", 0.5],
      ["shift", true],
      ["strict", 1],
      ["mode", 3],
      ["since", "yesterday"],
      ["weights", 1],
      ["weights", ["a"]],
      ["weights", [[1], [1, 2]]],
      ["options", {}],
      ["options", { depth: 1, other: 2 }],
      ["options", { depth: 1, rate: 10n ** 400n }],
    ];
    for (const [name, value] of wrong)
      expect(await refusal(runtime.infer("coded", inputs, { parameters: { [name]: value } }))).toMatchObject({
        code: "invalid",
        message: expect.stringContaining(`parameters.${name} is not what the model's signature says`),
      });
    // What Python cannot hold at all.
    for (const [name, value] of [
      ["shift", 10n ** 5_000n],
      ["mode", "half a pair: \ud83d"],
    ] as const)
      expect(await refusal(runtime.infer("coded", inputs, { parameters: { [name]: value } }))).toMatchObject({
        code: "invalid",
        message: expect.stringContaining("its parameters cannot be read"),
      });
    const ask = async (factor: unknown) => {
      const given = await runtime.infer("coded", inputs, { parameters: { factor } });
      const real = given.find(({ name }) => name === "real");
      return real && jsonElements(real).slice(5, 7);
    };
    // As JSON has them: a whole number for a float, and what it lacks as a text.
    expect(await ask(0)).toEqual([0, 0].map((zero) => expect.closeTo(zero)));
    expect(await ask("NaN")).toEqual([null, null]);
  }, 120_000);
});

/** What the hostile model of `make-models.py` is to run: Python, which leaves its word in `said`. */
const code = (...lines: string[]) => text("what", Buffer.from(lines.join("\n")).toString("base64"));

const said = (answer: Tensor[]) => {
  const [first] = answer;
  return first ? String(jsonElements(first)[0]) : "";
};

describe("what is wrong is said to whom it concerns", () => {
  it("takes it for no fault of a model that it has no answer to nothing", async () => {
    const runtime = runtimeOf();
    await runtime.load("free", specOfPython(models, "free"));
    const column = (name: string): Tensor => ({
      name,
      datatype: "FP64",
      shape: [1, 1],
      data: Float64Array.of(2),
    });
    const [sum] = await runtime.infer("free", [column("first")]);
    expect(sum && jsonElements(sum)).toEqual([2]);
    expect(await refusal(runtime.infer("free", []))).toMatchObject({
      code: "invalid",
      message: expect.stringContaining("The request holds no input, and the model has no answer to that"),
    });
    // A row is something, and the model fails at it.
    expect(await refusal(runtime.infer("free", [column("second")]))).toMatchObject({ code: "internal" });
  }, 120_000);

  it("refuses what the model cannot be given, and answers for what the model does wrong", async () => {
    const runtime = runtimeOf();
    await runtime.load("custom", specOfPython(models, "custom"));
    const inputs = tensors(models.expected.custom?.inputs ?? []);
    const withInput = (name: string, change: Partial<Tensor>) =>
      runtime.infer(
        "custom",
        inputs.map((each) => (each.name === name ? { ...each, ...change } : each)),
      );
    const dates = Array.from({ length: 30 }, () => Buffer.from("yesterday"));
    expect(await refusal(withInput("when", { data: dates }))).toMatchObject({
      code: "invalid",
      message: expect.stringContaining('input "when" holds a text in element 0 that is no date and time'),
    });
    const far = Array.from({ length: 30 }, () => Buffer.from("9999-01-01"));
    expect(await refusal(withInput("when", { data: far }))).toMatchObject({
      code: "invalid",
      message: expect.stringContaining('input "when"'),
    });
    // Python's libraries would read them as times of today, or take a month for a day.
    for (const vague of ["today", "10:00", "12", "01/02/2026"])
      expect(
        await refusal(withInput("when", { data: Array.from({ length: 30 }, () => Buffer.from(vague)) })),
      ).toMatchObject({ code: "invalid" });
    const zoned = Array.from({ length: 30 }, () => Buffer.from("2026-01-01T02:00:00+02:00"));
    const [, later] = await withInput("when", { data: zoned });
    expect(later && jsonElements(later)[0]).toBe("2026-01-02T00:00:00");
    const short = { shape: [2, 1], data: BigInt64Array.from([1n, 2n]) };
    expect(await refusal(withInput("whole", short))).toMatchObject({
      code: "invalid",
      message: expect.stringContaining("different numbers of rows"),
    });
    const bytes = Array.from({ length: 30 }, () => Uint8Array.from([0xff, 0xfe]));
    expect(await refusal(withInput("text", { data: bytes }))).toMatchObject({ code: "invalid" });

    await runtime.load("hostile", specOfPython(models, "hostile"));
    expect(await refusal(runtime.infer("hostile", [code("raise KeyError('no such row')")]))).toMatchObject({
      code: "internal",
      message: expect.stringContaining("KeyError: 'no such row'"),
    });
    expect(said(await runtime.infer("hostile", [code("said = 6 * 7")]))).toBe("42");
  }, 120_000);

  it("serves by an example what has no signature, and says what it cannot serve", async () => {
    const runtime = runtimeOf();
    expect(await refusal(runtime.load("bare", specOfPython(models, "bare")))).toMatchObject({
      code: "invalid",
      message: expect.stringContaining("without a signature and without an input example"),
    });
    const spec = specOfPython(models, "tensor");
    const python = { ...models.environment, python: "3.1" };
    expect(await refusal(runtime.load("other", { ...spec, python }))).toMatchObject({
      code: "invalid",
      message: expect.stringContaining("it was logged with Python 3.1, and this machine has no Python 3.1"),
    });
  }, 120_000);
});

describe("the forms in which models answer", () => {
  it("are told by their signature, and what is another value is an error of the model", async () => {
    const runtime = runtimeOf();
    await runtime.load("forms", specOfPython(models, "forms"));
    const ask = async (output: string, expression: string, numbers = ["[1]", "[2]"]) => {
      const what = JSON.stringify({ [output]: "#" }).replace('"#"', expression);
      const given = await runtime.infer("forms", [text("what", what, ""), text("numbers", ...numbers)]);
      const found = given.find(({ name }) => name === output);
      return found && jsonElements(found);
    };
    const wrong = async (output: string, expression: string) => {
      const { code: kind, message } = await refusal(ask(output, expression));
      return kind === "internal" ? message : `${kind}: ${message}`;
    };
    // Values of each type, however Python's libraries hold them.
    expect(await ask("long", "np.array([[2**62 + 1], [-5]], dtype=object)")).toEqual([
      "4611686018427387905",
      -5,
    ]);
    expect(await ask("float", "pd.Series([1.5, None], dtype=object)")).toEqual([1.5, null]);
    expect(await ask("string", "pd.Series(['a', None], dtype='string')")).toEqual(["a", ""]);
    expect(await ask("string", "np.array([['a'], ['b']])")).toEqual(["a", "b"]);
    expect(await ask("vector", "[np.array([1, np.nan]), np.array([np.inf])]")).toEqual([
      "[1.0, null]",
      '["Infinity"]',
    ]);
    // Numbers of JSON become what the signature says they are.
    expect(await ask("float", "[sum(each) for each in given]", ["[1, 2.5]", "[3]"])).toEqual([3.5, 3]);
    // Nothing becomes another value in silence.
    expect(await wrong("long", "pd.Series([1.7, 2], dtype=object)")).toContain(
      "is float64, its signature says int64",
    );
    expect(await wrong("boolean", "pd.Series(['False', 'x'], dtype=object)")).toContain(
      "its signature says bool",
    );
    expect(await wrong("boolean", "pd.Series([True, None], dtype=object)")).toContain("a missing value");
    expect(await wrong("float", "[1e300, 1]")).toContain("a value that float32 does not hold");
    expect(await wrong("float", "[[1, 2], [3, 4]]")).toContain("its signature says one value a row");
    expect(await wrong("string", "np.array([['a', 'c'], ['b', 'd']])")).toContain("one value a row");
    // What MLflow itself does not take is the caller's.
    expect(await refusal(ask("float", "[1, 2]", ['["one"]', "[2]"]))).toMatchObject({
      code: "invalid",
      message: expect.stringContaining("its signature does not take what was sent"),
    });
    for (const numbers of [`${"[".repeat(5_000)}1${"]".repeat(5_000)}`, '["\\ud83d"]', "[1"])
      expect(await refusal(ask("float", "[1, 2]", ["[1]", numbers]))).toMatchObject({
        code: "invalid",
        message: expect.stringContaining('input "numbers" holds a text in element 1 that is no JSON'),
      });
  }, 120_000);

  it("are objects where type hints say so", async () => {
    const runtime = runtimeOf();
    await runtime.load("hinted", specOfPython(models, "hinted"));
    const ask = (...rows: unknown[]) =>
      runtime.infer("hinted", [text("input-0", ...rows.map((row) => JSON.stringify(row)))]);
    const [answer] = await ask({ size: 2 }, { size: 0.5, label: "ß" });
    expect(answer && jsonElements(answer).map((each) => JSON.parse(String(each)))).toEqual([
      { size: 4, label: null },
      { size: 1, label: "ß" },
    ]);
    expect(await refusal(ask({ label: "no size" }))).toMatchObject({ code: "invalid" });
  }, 120_000);
});

describe("environments", () => {
  const environments = new PythonEnvironments(pythonSettings);
  const six = "six==1.17.0";

  it("locks every package with the hash of its file", async () => {
    const { lock, python } = await environments.resolve(`${six}\n`, models.environment.python);
    expect(python).toBe(models.environment.python);
    expect(lock).toMatch(/^six==1\.17\.0 --hash=sha256:[0-9a-f]{64}\n$/);
    expect(await refusal(environments.resolve("six==0.0.0.dev1\n", python))).toMatchObject({
      code: "invalid",
      message: expect.stringContaining("pip cannot find packages for its requirements"),
    });
  }, 120_000);

  it("ends with the program that asked for it", async () => {
    const isolation = await environments.isolation();
    const { root, home, path: searchPath, buildEnv } = pythonSettings;
    const settings = { root, home, python: null, path: searchPath, buildEnv };
    const task = { op: "resolve", requirements: `${six}\n`, python: models.environment.python };
    const builder = path.join(import.meta.dirname, "build", "main.mjs");
    const child = spawn(process.execPath, [builder], { cwd: "/" });
    // As if somebody else had taken it over from who started it.
    child.stdin.end(JSON.stringify({ owner: child.pid, settings, task, isolation }));
    expect(await readAll(child.stdout)).toContain("the program that asked for it has ended");
  }, 60_000);

  it("lets what answers requests go first", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mw-nice-"));
    fs.chmodSync(folder, 0o777);
    const python = path.join(folder, "python");
    fs.writeFileSync(python, `#!/bin/sh\nnice > ${folder}/told\nexit 1\n`, { mode: 0o755 });
    const lookedFor = new PythonEnvironments({ ...pythonSettings, python }).resolve("", "3.1");
    expect(await refusal(lookedFor)).toMatchObject({ code: "invalid" });
    expect(Number(fs.readFileSync(path.join(folder, "told"), "utf8"))).toBeGreaterThan(os.getPriority());
    fs.rmSync(folder, { recursive: true });
  }, 60_000);

  it("installs nothing but what was locked", async () => {
    const lock = `${six} --hash=sha256:${"0".repeat(64)}\n`;
    expect(await refusal(environments.prepare({ ...models.environment, lock }))).toMatchObject({
      code: "invalid",
      message: expect.stringMatching(
        /pip could not install the locked requirements.*DO NOT MATCH THE HASHES/,
      ),
    });
  }, 120_000);
});

describe("the memory of a model", () => {
  it("is what it uses, not what its libraries reserve", async () => {
    const runtime = runtimeOf();
    const limits: ModelLimits = { memoryBytes: 64 * 1024 ** 2 };
    await runtime.load("healthy", specOfPython(models, "healthy", limits));
    const reserving = code(
      "import mmap",
      "held = mmap.mmap(-1, 3 * 2**29, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)",
      "said = len(held)",
    );
    expect(said(await runtime.infer("healthy", [reserving]))).toBe(String(3 * 2 ** 29));
    // What nothing could hold is an error of the model, not its end.
    const failed = await refusal(runtime.infer("healthy", [code("held = bytearray(2**40)")]));
    expect(failed).toMatchObject({ code: "internal", message: expect.stringContaining("more memory than") });
    expect(said(await runtime.infer("healthy", [code("said = 'well'")]))).toBe("well");
  }, 120_000);
});

describe("a hostile model beside a healthy one", () => {
  it("keeps its neighbour's answers, memory and secrets out of reach", async () => {
    const runtime = runtimeOf();
    const limits: ModelLimits = { memoryBytes: 256 * 1024 ** 2, cpuMilli: 1000, deadlineMs: 2_000 };
    await Promise.all([
      runtime.load("healthy", specOfPython(models, "healthy")),
      runtime.load("hostile", specOfPython(models, "hostile", limits)),
    ]);
    const isWell = async () => {
      expect(said(await runtime.infer("healthy", [code("said = 'well'")]))).toBe("well");
    };
    const [healthy] = (await runtime.usage()).filter(({ key }) => key === "healthy");
    let deaths = 0;
    const whenStartedAgain = async () => {
      deaths += 1;
      const isAgain = async () => {
        const use = (await runtime.usage()).find(({ key }) => key === "hostile");
        return use?.restarts === deaths && runtime.health("hostile")?.state === "ready";
      };
      await waitFor(isAgain, { what: "the hostile model is started again", timeoutMs: 60_000 });
    };

    const listener = net.createServer((socket) => socket.end()).listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = z.object({ port: z.number() }).parse(listener.address());

    // What it can see: nothing of ours, nothing of its neighbour, no network.
    const looked = said(
      await runtime.infer("hostile", [
        code(
          "import os, socket",
          "found = [name for name in os.environ if 'TOKEN' in name or 'SECRET' in name or 'DATABASE' in name]",
          `for path in ${JSON.stringify([pythonSettings.home, "/etc/shadow", `/proc/${healthy?.pid}/environ`, `/proc/${process.pid}/environ`])}:`,
          "    try:",
          "        found.append(path if os.path.isdir(path) and os.listdir(path) != ['envs'] else open(path).read() and path)",
          "    except OSError as error:",
          "        pass",
          "try:",
          "    os.kill(int(%d), 9); found.append('kill')".replace("%d", String(process.pid)),
          "except OSError:",
          "    pass",
          "try:",
          `    socket.create_connection(("127.0.0.1", ${withoutNetwork().length > 0 ? port : 1}), 2); found.append("network")`,
          "except OSError:",
          "    pass",
          "said = found",
        ),
      ]),
    );
    // A machine that isolates nothing promises nothing.
    const { level } = await new PythonEnvironments(pythonSettings).isolation();
    if (level !== "none") expect(looked).toBe("[]");
    listener.close();

    // Never comes back.
    const asked = runtime.infer("hostile", [code("while True: pass")]);
    expect(await refusal(asked)).toMatchObject({ code: "timed_out" });
    await isWell();
    await whenStartedAgain();

    // Takes without end.
    const swollen = runtime.infer("hostile", [code("held = [bytearray(2**24) for _ in range(10**6)]")]);
    expect(["internal", "timed_out"]).toContain((await refusal(swollen)).code);
    await isWell();
    await whenStartedAgain();

    // Starts others without end, and dies.
    const forks = runtime.infer("hostile", [
      code(
        "import os",
        "for _ in range(2000):",
        "    if os.fork() == 0:",
        "        while True: pass",
        "os._exit(1)",
      ),
    ]);
    expect(["internal", "timed_out"]).toContain((await refusal(forks)).code);
    await isWell();
    await waitFor(async () => said(await runtime.infer("hostile", [code("said = 'again'")])) === "again", {
      what: "the hostile model answers again",
      timeoutMs: 60_000,
    });
  }, 180_000);
});
