import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, expect, it } from "vitest";
import { claimHome, endLeftovers, recordProcess } from "./run-records";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mw-records-"));
const home = path.join(folder, "home");
const copy = path.join(folder, "copy");
const sleeper = spawn("sleep", ["60"], { detached: true });
const exited = once(sleeper, "exit");
afterEach(() => sleeper.kill("SIGKILL"));

it("a copied home has no processes: those of the original are neither in its way nor ended by it", async () => {
  const release = claimHome(home);
  recordProcess(home, "worker", sleeper.pid ?? 0);
  expect(() => claimHome(home)).toThrow(/already runs in/);
  fs.cpSync(home, copy, { recursive: true });
  claimHome(copy)();
  expect(await endLeftovers(copy)).toEqual([]);
  expect(sleeper.exitCode ?? sleeper.signalCode).toBeNull();
  release();
  expect(await endLeftovers(home)).toEqual(["worker"]);
  expect(await exited).toEqual([null, "SIGTERM"]);
}, 30_000);
