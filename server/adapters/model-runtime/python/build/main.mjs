// Prepares Python for models, in a process of its own: looking for Python, building and copying trees would hold up a gateway. Reads
// one task from standard input, writes one answer to standard output, and says on standard error what it does.
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { prepareEnvironment } from "../../../cluster/local/shim/environment.mjs";
import { JobFailure, removeTree } from "../../../cluster/local/shim/files.mjs";
import { findPython } from "../../../cluster/local/shim/find-python.mjs";
import { letPass, probeIsolation } from "../../../cluster/local/shim/isolation.mjs";
import { giveTree, removeLeftovers, takeUser } from "../../../cluster/local/shim/job-user.mjs";
import { needlesOf } from "../../../cluster/local/shim/job-log.mjs";
import { runCommand } from "../../../cluster/local/shim/run-command.mjs";
import { buildVariables, passwordsIn } from "../../../cluster/local/shim/variables.mjs";
import { lockOf } from "./lock.mjs";

const BUILD_MS = 30 * 60_000;
const COMPLAINT_CHARACTERS = 1_500;

/** @typedef {{ root: string, home: string, python: string | null, path: string, buildEnv: Record<string, string> }} PythonSettings */
/** @typedef {{ op: "probe" } | { op: "resolve" | "prepare", requirements: string, python: string }} PythonTask */

/** @type {{ owner: number, settings: PythonSettings, task: PythonTask, isolation: import("../../../cluster/local/shim/isolation.mjs").Isolation }} */
const { owner, settings, task, isolation } = JSON.parse(readFileSync(0, "utf8"));
process.umask(0o022);

/** Why it must not go on: nobody else would end it, and the next start begins the same build. */
function reasonToEnd(/** @type {number} */ until) {
  if (process.ppid !== owner) return "the program that asked for it has ended";
  return Date.now() > until ? "its environment was not built within 30 minutes" : null;
}

const say = (/** @type {string} */ text) => void process.stderr.write(`${text}\n`);

/** What pip says, of which the end is worth telling; more is kept, so that no password is cut in two. */
let heard = "";
const needles = needlesOf(passwordsIn(Object.values(settings.buildEnv)));

/** Without the passwords of indexes and proxies, which code of packages sees and could print. @param {string} text */
const clean = (text) => needles.reduce((left, needle) => left.replaceAll(needle, "[redacted]"), text);
const said = () => clean(heard).slice(-COMPLAINT_CHARACTERS).trim();
/** @type {any} */
const log = {
  say,
  output: (/** @type {Buffer} */ chunk) => {
    heard = (heard + chunk.toString("utf8")).slice(-4 * COMPLAINT_CHARACTERS);
  },
  flush: () => undefined,
};

/**
 * This machine's Python of a version: what was pickled under another one may not load, or do something else.
 * @param {string} version such as "3.12" @param {Cell} cell
 */
function pythonOf(version, cell) {
  const asUser = isolation.level === "user" ? cell.uid : null;
  /** @type {string[]} */
  const others = [];
  for (const name of [settings.python, `python${version}`, "python3"]) {
    if (name === null) continue;
    try {
      const python = findPython(name, environmentOf(cell), asUser);
      if (python.minor.join(".") === version) return python.executable;
      others.push(python.minor.join("."));
    } catch (error) {
      if (!(error instanceof JobFailure)) throw error;
    }
  }
  const has = others.length > 0 ? `, but ${[...new Set(others)].join(" and ")}` : "";
  throw new JobFailure(
    `it was logged with Python ${version}, and this machine has no Python ${version} that makes environments${has}: install python${version} with its venv module, or log the model with another Python`,
  );
}

/** A place and a user for one build, which go with it. @template T @param {(cell: Cell) => Promise<T>} work */
async function inCell(work) {
  const id = `model-${randomUUID()}`;
  const folder = path.join(settings.root, "builds", id);
  const uid = isolation.range === null ? null : takeUser(settings.root, id, isolation.range);
  try {
    mkdirSync(path.join(folder, "tmp"), { recursive: true, mode: 0o700 });
    if (isolation.level === "user") letPass([path.dirname(folder), folder]);
    if (uid !== null) giveTree(path.join(folder, "tmp"), uid);
    return await work({ id, folder, uid });
  } finally {
    await removeTree(folder);
    if (isolation.level === "user" && uid !== null) await removeLeftovers(uid);
    if (uid !== null) rmSync(path.join(settings.root, "users", `${uid}.json`), { force: true });
  }
}

/** @typedef {{ id: string, folder: string, uid: number | null }} Cell */

/** @param {Cell} cell */
const environmentOf = ({ id, folder }) =>
  buildVariables({ attemptId: id, folder, searchPath: settings.path, buildEnv: settings.buildEnv });

/**
 * Builds the environment of these requirements, or finds it.
 * @param {Cell} cell @param {string} requirements @param {string} version of Python
 */
function environment({ id, folder, uid }, requirements, version) {
  const python = pythonOf(version, { id, folder, uid });
  const until = Date.now() + BUILD_MS;
  return prepareEnvironment({
    root: settings.root,
    attemptId: id,
    requirements,
    python,
    env: environmentOf({ id, folder, uid }),
    log,
    checkStop: () => {
      const reason = reasonToEnd(until);
      if (reason !== null) throw new JobFailure(reason);
    },
    isolation,
    uid,
    run: (asked) => run({ id, folder, uid }, until, asked),
  });
}

/** @param {Cell} cell @param {number} until @param {{ command: string[], folder: string, readable: string[], env: Record<string, string> }} asked */
async function run({ id, folder, uid }, until, { command, folder: cwd, readable, env }) {
  const { exitCode, verdict } = await runCommand({
    attempt: { attemptId: id, folder },
    cell: { isolation, uid, stage: path.join(folder, "jail") },
    view: {
      searchPath: settings.path,
      readable,
      writable: [cwd, path.join(folder, "tmp")],
      hidden: [settings.home, settings.root],
    },
    command,
    cwd,
    env,
    limits: {},
    cgroup: null,
    log,
    shouldEnd: () => {
      const reason = reasonToEnd(until);
      return reason === null ? null : { phase: "timed_out", reason, graceMs: 0 };
    },
    onStart: () => undefined,
  });
  if (verdict !== null) throw new JobFailure(verdict.reason);
  return exitCode;
}

/**
 * Every package that the requirements lead to, with the hash of its file. Nothing of them is installed, but building a package that has no
 * wheel runs its code, so it is isolated too.
 * @param {Cell} cell @param {string} requirements @param {string} version of Python
 */
async function resolve(cell, requirements, version) {
  // An empty environment: what is in it must not be taken for there already.
  const { folder: empty, readable } = await environment(cell, "", version);
  const work = path.join(cell.folder, "resolve");
  mkdirSync(work, { mode: 0o700 });
  writeFileSync(path.join(work, "requirements.txt"), requirements, { mode: 0o600 });
  if (cell.uid !== null) giveTree(work, cell.uid);
  const report = path.join(work, "report.json");
  const program = path.join(empty, "bin", "python");
  const pip = [program, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--dry-run"];
  const code = await run(cell, Date.now() + BUILD_MS, {
    command: [...pip, "--ignore-installed", "--quiet", "--report", report, "-r", "requirements.txt"],
    folder: work,
    readable: [empty, ...readable],
    env: { ...environmentOf(cell), PIP_NO_CACHE_DIR: "1" },
  });
  if (code !== 0)
    throw new JobFailure(`pip cannot find packages for its requirements (exit code ${code}): ${said()}`);
  return lockOf(JSON.parse(readFileSync(report, "utf8")));
}

/** The builder of jobs' environments speaks of jobs and of their logs; of a model there is neither. @param {string} message */
const ofModel = (message) =>
  message
    .replace(/: the log names the package;.*$/s, said() === "" ? "" : `: ${said()}`)
    .replace(/,? then start the job again$/, "");

async function answer() {
  if (task.op === "probe") return probeIsolation(settings.root, [settings.home]);
  const { op, requirements, python } = task;
  if (op === "resolve") return inCell((cell) => resolve(cell, requirements, python));
  const { folder, readable } = await inCell((cell) => environment(cell, requirements, python));
  return { folder, readable };
}

try {
  process.stdout.write(JSON.stringify({ answer: await answer() }));
} catch (error) {
  const isTold = error instanceof JobFailure;
  const message = error instanceof Error ? error.message : String(error);
  if (!isTold) say(clean(error instanceof Error ? (error.stack ?? message) : message));
  process.stdout.write(JSON.stringify({ problem: clean(ofModel(message)), detail: said(), isTold }));
}
