import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import type { Machine } from "../port";

const run = promisify(execFile);
const DRIVER = "/proc/driver/nvidia/gpus";
const ASK_MS = 10_000;

/** The models that the driver says are built in, one each. */
async function modelsByDriver(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const told = await Promise.all(
    names.map((name) => readFile(path.join(folder, name, "information"), "utf8").catch(() => "")),
  );
  return told.flatMap((text) => /^Model:\s*(\S.*?)\s*$/m.exec(text)?.[1] ?? []);
}

/** What its own tool says, where the driver's files cannot be seen. */
async function modelsByTool(searchPath: string): Promise<string[]> {
  try {
    const { stdout } = await run("nvidia-smi", ["--query-gpu=name", "--format=csv,noheader"], {
      env: { NODE_ENV: "production", PATH: searchPath },
      timeout: ASK_MS,
    });
    return stdout.split("\n").flatMap((line) => line.trim() || []);
  } catch {
    // There is no such tool, or it finds no device.
    return [];
  }
}

/** What this machine has for jobs, found by looking. */
export async function lookAtMachine(searchPath: string, driver = DRIVER): Promise<Machine> {
  const built = await modelsByDriver(driver);
  const models = built.length > 0 ? built : await modelsByTool(searchPath);
  const titles = [...new Set(models)];
  // A container may be given less than the machine has; 0 where nothing says so.
  const constrained = process.constrainedMemory();
  const memoryBytes = constrained > 0 ? Math.min(os.totalmem(), constrained) : os.totalmem();
  return {
    cpuMilli: os.availableParallelism() * 1000,
    memoryBytes,
    gpus: titles.map((title) => ({ title, count: models.filter((each) => each === title).length })),
  };
}
