// Python environments, built once for each locked requirements file and shared by every attempt that names it.
import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createJson, JobFailure, readJson } from "./files.mjs";
import { findPython } from "./find-python.mjs";
import { identityOf, isAlive } from "./process-table.mjs";

const WAIT_MS = 300;

/**
 * The name of an environment: the hash of what decides its content.
 * @param {string} requirements @param {{ implementation: string, version: string, platform: string }} python
 */
export function environmentKey(requirements, python) {
  const identity = [python.implementation, python.version, python.platform].join("\0");
  return createHash("sha256").update(requirements).update("\0").update(identity).digest("hex");
}

/**
 * The folder of the environment, built if needed. A builder publishes by creating `ready.json`, which names its build
 * folder; a builder that died leaves a lock whose process is gone, and the next one starts afresh in another folder.
 * @param {object} task
 * @param {string} task.root
 * @param {string} task.attemptId
 * @param {string} task.requirements
 * @param {string | null} task.python
 * @param {Record<string, string>} task.env for Python and pip
 * @param {{ say: (text: string) => void }} task.log
 * @param {() => void} task.checkStop throws when the attempt has to end
 * @param {(command: string[], cwd: string, env: Record<string, string>) => Promise<number | null>} task.run
 * @returns {Promise<{ key: string, folder: string }>}
 */
export async function prepareEnvironment(task) {
  const python = findPython(task.python, task.env);
  const key = environmentKey(task.requirements, python);
  const home = path.join(task.root, "envs", key);
  const ready = path.join(home, "ready.json");
  const lock = path.join(home, "lock.json");
  mkdirSync(home, { recursive: true, mode: 0o700 });
  let waiting = false;
  for (;;) {
    task.checkStop();
    const built = usable(home, ready);
    if (built !== null) {
      task.log.say(`Environment ${key.slice(0, 12)} (Python ${python.version}) is ready`);
      return { key, folder: built };
    }
    const self = { pid: process.pid, identity: identityOf(process.pid), attemptId: task.attemptId };
    if (createJson(lock, self)) {
      try {
        const folder = usable(home, ready) ?? (await build(task, python, home, ready));
        return { key, folder };
      } finally {
        rmSync(lock, { force: true });
      }
    }
    const holder = readJson(lock);
    if (holder !== null && !isAlive(holder)) {
      task.log.say(
        `Attempt ${holder.attemptId} ended while it built environment ${key.slice(0, 12)}; building it again`,
      );
      rmSync(lock, { force: true });
      continue;
    }
    if (!waiting && holder !== null) {
      task.log.say(
        `Waiting for environment ${key.slice(0, 12)}, which attempt ${holder.attemptId} is building`,
      );
      waiting = true;
    }
    await sleep(WAIT_MS);
  }
}

/** @param {string} home @param {string} ready @returns {string | null} */
function usable(home, ready) {
  const published = readJson(ready);
  if (published === null) return null;
  const folder = path.join(home, path.basename(published.build));
  if (!existsSync(path.join(folder, "bin", "python"))) {
    rmSync(ready, { force: true });
    return null;
  }
  utimesSync(ready, new Date(), new Date());
  return folder;
}

/** @param {string} requirements */
function isEmpty(requirements) {
  return requirements.split("\n").every((line) => /^\s*(#.*)?$/.test(line));
}

/**
 * @param {Parameters<typeof prepareEnvironment>[0]} task @param {import("./find-python.mjs").Python} python
 * @param {string} home @param {string} ready
 */
async function build(task, python, home, ready) {
  const startedAt = Date.now();
  for (const name of readdirSync(home)) {
    if (name.startsWith("build-")) rmSync(path.join(home, name), { recursive: true, force: true });
  }
  const folder = path.join(home, `build-${randomUUID()}`);
  mkdirSync(folder, { mode: 0o700 });
  const requirementsFile = path.join(folder, "requirements.txt");
  writeFileSync(requirementsFile, task.requirements, { mode: 0o600 });
  const env = {
    ...task.env,
    HOME: folder,
    PIP_CACHE_DIR: path.join(task.root, "pip-cache"),
    PYTHONUNBUFFERED: "1",
  };
  try {
    task.log.say(`Building the environment with Python ${python.version} (${python.executable})`);
    const made = await task.run([python.executable, "-m", "venv", folder], home, env);
    if (made !== 0) {
      throw new JobFailure(
        `Python ${python.version} could not create an environment (exit code ${made}, see the log): if ensurepip is missing, install it with apt-get install python3-venv`,
      );
    }
    if (!isEmpty(task.requirements)) {
      const pip = [
        path.join(folder, "bin", "python"),
        "-m",
        "pip",
        "install",
        "--no-input",
        "--disable-pip-version-check",
      ];
      const installed = await task.run([...pip, "-r", requirementsFile], home, env);
      if (installed !== 0) {
        throw new JobFailure(
          `pip could not install the locked requirements (exit code ${installed}): the log names the package; correct the requirements file and start the job again`,
        );
      }
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  createJson(ready, {
    build: path.basename(folder),
    python: python.version,
    builtAt: new Date().toISOString(),
  });
  task.log.say(`Environment built in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  return folder;
}
