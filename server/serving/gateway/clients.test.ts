import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  constantModel,
  identityModel,
  optionalModel,
  pairModel,
  SERVED,
} from "@/server/adapters/model-runtime/onnx/testing-wire-models";
import { fromBrain, fromHalf, toBrain, toHalf } from "@/server/adapters/model-runtime/half";
import { startTestGateway, type TestGateway } from "./testing-gateway";
import { BUILD_MS, pythonEnv, pythonWith, run } from "./testing-python";

const HERE = path.join(import.meta.dirname, "clients");

let gateway: TestGateway;
let python: string;

beforeAll(async () => {
  gateway = await startTestGateway({
    ...Object.fromEntries(SERVED.map((each) => [each.toLowerCase(), identityModel(each, ["n"])])),
    scalar: identityModel("FP32", []),
    constant: constantModel([1, 2]),
    optional: optionalModel(10),
    pair: pairModel(),
  });
  python = path.join(await pythonWith(path.join(HERE, "requirements.txt")), "bin", "python");
}, BUILD_MS);
afterAll(() => gateway.close());

/** As Python prints numbers. */
const numberOf = (text: string) =>
  text === "inf" ? Infinity : text === "-inf" ? -Infinity : Number(text === "nan" ? "NaN" : text);

/** Runs one of the scripts to its end; it says on the way what went well. */
const drive = (script: string, address: string) =>
  run([python, path.join(HERE, script), address], HERE, pythonEnv(), 240_000);

describe("clients as people install them", () => {
  it("tritonclient gets back what it sent, of every datatype, both ways", { timeout: 250_000 }, async () => {
    const { code, output } = await drive("triton.py", `127.0.0.1:${gateway.port}`);
    expect(output).toContain("shapes");
    expect(code).toBe(0);
  });

  it("KServe's client gets back what it sent, by its defaults", { timeout: 250_000 }, async () => {
    const { code, output } = await drive("kserve_client.py", gateway.base);
    expect(output).toContain("bytes");
    expect(code).toBe(0);
  });

  it("rounds half floats as numpy does, and reads every one", { timeout: 250_000 }, async () => {
    const { code, output } = await drive("halves.py", "");
    expect(code, output.slice(-2_000)).toBe(0);
    const [halves = "", brains = "", ...lines] = output.trim().split("\n");
    expect(halves.split(" ").map(numberOf)).toEqual(
      Array.from({ length: 65_536 }, (_, bits) => fromHalf(bits)),
    );
    expect(brains.split(" ").map(numberOf)).toEqual(
      Array.from({ length: 65_536 }, (_, bits) => fromBrain(bits)),
    );
    expect(lines.length).toBeGreaterThan(4_000);
    const wrong = lines.filter((line) => {
      const [value = "", half, brain] = line.split(" ");
      return toHalf(numberOf(value)) !== Number(half) || toBrain(numberOf(value)) !== Number(brain);
    });
    expect(wrong).toEqual([]);
  });
});
