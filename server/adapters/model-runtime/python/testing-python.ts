import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { parseExactJson } from "@/server/core/exact-json";
import { pickBuildEnv } from "../../cluster/local/build-env";
import type { ModelFile, ModelLimits, ModelSpec, PythonEnvironment } from "../port";
import { fileOf } from "../testing";
import { PythonEnvironments, type PythonSettings } from "./environments";

/** Real models of real libraries, logged by MLflow, for tests of everything that serves them. */

const HERE = path.join(import.meta.dirname, "testing");
/** Kept between runs, beside the environments of the browser tests. */
const CACHE = path.join(os.homedir(), ".cache", "modelworks", "models");

export const pythonSettings: PythonSettings = {
  root: CACHE,
  home: CACHE,
  python: process.env.MODELWORKS_PYTHON,
  path: process.env.PATH,
  buildEnv: pickBuildEnv(process.env),
};

export const LOCK = fs.readFileSync(path.join(HERE, "requirements.txt"), "utf8");

const Tensor = z.object({
  name: z.string(),
  datatype: z.enum(["FP64", "FP32", "INT64", "INT32", "BOOL", "BYTES"]),
  shape: z.array(z.number()),
  data: z.array(z.unknown()),
});
const Answers = z.record(z.string(), z.array(z.unknown()));
const Expected = z.record(z.string(), z.object({ inputs: z.array(Tensor), answers: Answers }));
const Cases = z.record(
  z.string(),
  z.array(
    z.object({
      inputs: z.array(Tensor),
      parameters: z.record(z.string(), z.unknown()),
      answers: Answers.nullable(),
    }),
  ),
);

/** "3.12": of the Python that this machine makes environments with. */
export async function versionOf(python: string): Promise<string> {
  const print = "import sys; print('%d.%d' % sys.version_info[:2])";
  return (await promisify(execFile)(python, ["-c", print])).stdout.trim();
}

export interface PythonModels {
  folder: string;
  environment: PythonEnvironment;
  /** By model: inputs, and what `mlflow.pyfunc` answers in Python itself. */
  expected: z.infer<typeof Expected>;
  /** Further requests by model, and what `mlflow.pyfunc` answers; null where it raises an error. */
  cases: z.infer<typeof Cases>;
}

/**
 * The models of `testing/make-models.py`, trained and logged in the environment that serves them. Kept between runs, by what they are made of: a
 * folder appears with all that is in it, whoever makes it first.
 */
export async function makePythonModels(): Promise<PythonModels> {
  const python = await versionOf(pythonSettings.python ?? "python3");
  const environment = { lock: LOCK, python };
  const script = path.join(HERE, "make-models.py");
  const made = [fs.readFileSync(script, "utf8"), LOCK, python].join("\0");
  const folder = path.join(CACHE, "made", createHash("sha256").update(made).digest("hex"));
  if (!fs.existsSync(folder)) {
    const { folder: built } = await new PythonEnvironments(pythonSettings).prepare(environment);
    fs.mkdirSync(path.dirname(folder), { recursive: true });
    const work = fs.mkdtempSync(`${folder}-`);
    await promisify(execFile)(path.join(built, "bin", "python"), [script, work], {
      env: { NODE_ENV: "test", PATH: process.env.PATH, HOME: work, OMP_NUM_THREADS: "1" },
      cwd: work,
      timeout: 300_000,
    });
    try {
      fs.renameSync(work, folder);
    } catch {
      // Another test was first.
      fs.rmSync(work, { recursive: true });
    }
  }
  const read = (name: string) => parseExactJson(fs.readFileSync(path.join(folder, name), "utf8"));
  return {
    folder,
    environment,
    expected: Expected.parse(read("expected.json")),
    cases: Cases.parse(read("cases.json")),
  };
}

/** The files of a logged model by path, as a version has them. Its requirements are the lock that all of them share. */
export function filesOf({ folder }: Pick<PythonModels, "folder">, name: string): Record<string, Buffer> {
  const root = path.join(folder, name);
  const names = fs.readdirSync(root, { recursive: true, encoding: "utf8" });
  const files = names.filter((each) => fs.statSync(path.join(root, each)).isFile());
  return {
    ...Object.fromEntries(files.map((each) => [each, fs.readFileSync(path.join(root, each))])),
    "requirements.txt": Buffer.from(LOCK),
  };
}

export function specOfPython(models: PythonModels, name: string, limits: ModelLimits = {}): ModelSpec {
  const files: ModelFile[] = Object.entries(filesOf(models, name)).map(([at, bytes]) => fileOf(at, bytes));
  return { entry: "MLmodel", files, limits, python: models.environment };
}
