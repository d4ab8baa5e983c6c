// Python environments, built once for each locked requirements file and shared by every attempt that names it. Building runs code
// of packages, so it is isolated as jobs are; nothing but the file decides what is in one, and nobody writes to it afterwards.
import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createJson, JobFailure, readJson, removeTree } from "./files.mjs";
import { findPython } from "./find-python.mjs";
import { giveTree, seizeTree } from "./job-user.mjs";
import { letPass } from "./isolation.mjs";
import { identityOf, isAlive } from "./process-table.mjs";

const WAIT_MS = 300;

/**
 * The name of an environment: the hash of what decides its content.
 * @param {string} requirements @param {{ implementation: string, version: string, platform: string }} python
 * @param {string} isolation jobs of a lower level could have written to theirs
 */
function environmentKey(requirements, python, isolation) {
  const identity = [python.implementation, python.version, python.platform, isolation].join("\0");
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
 * @param {import("./isolation.mjs").Isolation} task.isolation
 * @param {number | null} task.uid the attempt's own user
 * @param {(build: { command: string[], folder: string, readable: string[], env: Record<string, string> }) => Promise<number | null>} task.run
 * @returns {Promise<{ key: string, folder: string, readable: string[] }>} `readable`: what its programs need beside it
 */
export async function prepareEnvironment(task) {
  const asUser = task.isolation.level === "user" ? task.uid : null;
  const python = findPython(task.python, task.env, asUser);
  const key = environmentKey(task.requirements, python, task.isolation.level);
  const home = path.join(task.root, "envs", key);
  const ready = path.join(home, "ready.json");
  const lock = path.join(home, "lock.json");
  if (task.isolation.level === "user") letPass([path.dirname(home), home]);
  else mkdirSync(home, { recursive: true, mode: 0o700 });
  let waiting = false;
  for (;;) {
    task.checkStop();
    const built = usable(home, ready);
    if (built !== null) {
      task.log.say(`Environment ${key.slice(0, 12)} (Python ${python.version}) is ready`);
      return { key, folder: built, readable: python.prefixes };
    }
    const self = { pid: process.pid, identity: identityOf(process.pid), attemptId: task.attemptId };
    if (createJson(lock, self)) {
      try {
        const folder = usable(home, ready) ?? (await build(task, python, home, ready));
        return { key, folder, readable: python.prefixes };
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

/** Files and folders that settings of pip name: certificates, its configuration, wheels. @param {Record<string, string>} env */
function pathsIn(env) {
  const values = Object.entries(env).filter(([name]) => !["PATH", "HOME", "TMPDIR"].includes(name));
  return [...values.flatMap(([, value]) => value.split(/[\s:]+(?=\/)/)), "/etc/pip.conf"];
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
    if (name.startsWith("build-")) await removeTree(path.join(home, name));
  }
  const folder = path.join(home, `build-${randomUUID()}`);
  mkdirSync(folder, { mode: 0o700 });
  const requirementsFile = path.join(folder, "requirements.txt");
  writeFileSync(requirementsFile, task.requirements, { mode: 0o600 });
  const env = {
    ...task.env,
    HOME: folder,
    // A cache that builds share would carry what one of them put there into the next.
    PIP_NO_CACHE_DIR: "1",
    PYTHONUNBUFFERED: "1",
  };
  try {
    task.log.say(`Building the environment with Python ${python.version} (${python.executable})`);
    if (task.uid !== null) giveTree(folder, task.uid);
    const run = (/** @type {string[]} */ command) =>
      task.run({ command, folder, readable: [...python.prefixes, ...pathsIn(task.env)], env });
    const made = await run([python.executable, "-m", "venv", folder]);
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
      const installed = await run([...pip, "-r", requirementsFile]);
      if (installed !== 0) {
        throw new JobFailure(
          `pip could not install the locked requirements (exit code ${installed}): the log names the package; correct the requirements file and start the job again`,
        );
      }
    }
    if (task.uid !== null) seizeTree(folder, task.uid);
  } catch (error) {
    await removeTree(folder);
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
