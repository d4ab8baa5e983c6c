// The keeper of one attempt: started once, outlives the process that started it, writes how the attempt ended.
// Plain JavaScript on Node's own modules, so that it starts in a few tens of milliseconds.
import { mkdirSync, readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import { createCgroup } from "./cgroup.mjs";
import { prepareEnvironment } from "./environment.mjs";
import { codeOf, createJson, JobFailure, readJson, removeTree, replaceJson } from "./files.mjs";
import { letPass } from "./isolation.mjs";
import { giveTree, removeLeftovers, takeUser } from "./job-user.mjs";
import { JobLog } from "./job-log.mjs";
import { placeMaterials } from "./materials.mjs";
import { collectOutputs, OutputsRefused } from "./outputs.mjs";
import { identityOf } from "./process-table.mjs";
import { runCommand } from "./run-command.mjs";
import { buildVariables, jobVariables, passwordsIn } from "./variables.mjs";

const STATE_EVERY_MS = 1000;
const TIME_LIMIT_GRACE_MS = 5000;
/** Packages are built from source, too, whatever the job itself may need. */
const BUILD_MEMORY_BYTES = 4 * 2 ** 30;
/** Between two looks whether an attempt has to end while files are read. */
const STOP_EVERY_MS = 250;

/** @typedef {import("./run-command.mjs").Verdict} Verdict */

/** Ends the attempt on the spot with a verdict. */
class Ended extends Error {
  /** @param {Verdict} verdict */
  constructor(verdict) {
    super(verdict.reason);
    this.verdict = verdict;
  }
}

// Ours are made private one by one; what a job or a build makes has the usual rights.
process.umask(0o022);
const folder = realpathSync(process.argv[2] ?? "");
const at = (/** @type {string} */ name) => path.join(folder, name);
/**
 * Secrets come by a pipe and are nowhere on disk; settings do, because they are those of the release and the machine that start the
 * attempt, whoever wrote its specification. The sender may die: nothing starts without the last byte.
 */
const { secrets, buildEnv, settings } = JSON.parse(readFileSync(0, "utf8"));
const self = { pid: process.pid, identity: identityOf(process.pid), at: new Date().toISOString() };
// Exactly one keeper starts: the file comes into being whole, and only once.
if (!createJson(at("started.json"), self)) process.exit(0);

const { attemptId, spec } = readJson(at("spec.json"));
const { isolation } = settings;
const log = new JobLog(at("log"), {
  maxBytes: settings.logMaxBytes,
  secrets: [...Object.values(secrets), ...passwordsIn(Object.values(buildEnv))],
});
/** @type {Record<string, any>} */
const state = {
  phase: "preparing",
  startedAt: null,
  peakRssBytes: 0,
  cpuSeconds: 0,
  environmentKey: null,
  leader: null,
  cgroups: [],
  isolation: isolation.level,
  uid: null,
};
let stateWrittenAt = 0;
let shuttingDown = false;
for (const signal of /** @type {const} */ (["SIGTERM", "SIGINT", "SIGHUP"])) {
  process.on(signal, () => {
    shuttingDown = true;
  });
}

/** @param {Record<string, unknown>} change @param {boolean} [lazily] at most once a second */
function note(change, lazily = false) {
  Object.assign(state, change);
  if (lazily && Date.now() - stateWrittenAt < STATE_EVERY_MS) return;
  stateWrittenAt = Date.now();
  replaceJson(at("state.json"), state);
}

/** @param {number} deadline @param {number} limitMs @param {string} what @returns {() => Verdict | null} */
function judge(deadline, limitMs, what) {
  return () => {
    const stop = readJson(at("stop.json"));
    if (stop !== null) return { phase: "cancelled", reason: stop.reason, graceMs: stop.graceMs };
    if (shuttingDown) {
      return { phase: "lost", reason: "Stopped with the machine that ran it", graceMs: TIME_LIMIT_GRACE_MS };
    }
    if (Date.now() < deadline) return null;
    const reason = `Stopped: ${what} of ${Number((limitMs / 1000).toFixed(1))} s reached`;
    return { phase: "timed_out", reason, graceMs: TIME_LIMIT_GRACE_MS };
  };
}

/** @param {() => Verdict | null} shouldEnd @returns {() => void} throws, at the latest a moment after the attempt has to end */
function stopper(shouldEnd) {
  let lookedAt = 0;
  return () => {
    if (Date.now() - lookedAt < STOP_EVERY_MS) return;
    lookedAt = Date.now();
    const verdict = shouldEnd();
    if (verdict !== null) throw new Ended(verdict);
  };
}

/** The attempt's place among others: its user, and where its namespaces are prepared. */
function cell() {
  return { isolation, uid: state.uid, stage: at("jail") };
}

/** What a job or a build may see besides the system. @param {string[]} readable @param {string[]} writable */
function view(readable, writable) {
  return { searchPath: settings.path, readable, writable, hidden: settings.hidden };
}

/**
 * Everything before the job's own command.
 * @returns {Promise<{ folder: string, readable: string[] } | null>} its Python environment
 */
async function prepare() {
  const shouldEnd = judge(
    Date.now() + settings.prepareTimeoutMs,
    settings.prepareTimeoutMs,
    "the time limit for preparing",
  );
  const checkStop = stopper(shouldEnd);
  if (isolation.range !== null) note({ uid: takeUser(settings.root, attemptId, isolation.range) });
  if (isolation.level === "user") letPass([path.dirname(folder), folder]);
  for (const name of ["work", "out", "tmp"]) mkdirSync(at(name), { recursive: true, mode: 0o700 });
  await placeMaterials(at("work"), spec, log, checkStop);
  if (state.uid !== null) for (const name of ["work", "out", "tmp"]) giveTree(at(name), state.uid);
  checkStop();
  if (spec.python === null) return null;
  const environment = await prepareEnvironment({
    root: settings.root,
    attemptId,
    requirements: spec.python.requirements,
    python: settings.python,
    env: buildVariables({ attemptId, folder, searchPath: settings.path, buildEnv }),
    log,
    checkStop,
    isolation,
    uid: state.uid,
    run: async ({ command, folder: building, readable, env }) => {
      const limits = { memoryBytes: Math.max(BUILD_MEMORY_BYTES, spec.limits.memoryBytes ?? 0) };
      const cgroup = createCgroup(`${attemptId}.build`, limits);
      note({ cgroups: cgroup.folders });
      const onStart = (/** @type {unknown} */ leader) => note({ leader });
      const task = {
        attempt: { attemptId, folder },
        cell: cell(),
        view: view(readable, [building, at("tmp")]),
        command,
        cwd: building,
        env,
        limits,
        cgroup,
        log,
        shouldEnd,
        onStart,
      };
      const { verdict, exitCode } = await runCommand(task).finally(() => cgroup.remove());
      if (verdict !== null) throw new Ended(verdict);
      return exitCode;
    },
  });
  note({ environmentKey: environment.key });
  return environment;
}

/** @param {import("./run-command.mjs").Outcome} outcome */
function inWords({ exitCode, signal }) {
  if (signal !== null) return `Ended by signal ${signal}`;
  if (exitCode === 127) return "Exited with code 127: the command was not found";
  if (exitCode === 126) return "Exited with code 126: the command may not be executed";
  return exitCode === 0 ? "Finished" : `Exited with code ${exitCode}`;
}

/** Runs the job's command and answers the final words about it. @param {Awaited<ReturnType<typeof prepare>>} environment */
async function run(environment) {
  const venv = environment?.folder ?? null;
  const { timeoutMs } = spec.limits;
  const cgroup = createCgroup(attemptId, spec.limits);
  note({ phase: "running", startedAt: new Date().toISOString(), leader: null, cgroups: cgroup.folders });
  log.say(`Running: ${spec.command.join(" ")}`);
  const outcome = await runCommand({
    attempt: { attemptId, folder },
    cell: cell(),
    view: view(
      environment === null ? [] : [environment.folder, ...environment.readable],
      ["work", "out", "tmp"].map(at),
    ),
    command: spec.command,
    cwd: at("work"),
    env: jobVariables({ attemptId, folder, searchPath: settings.path, spec, secrets, venv, uid: state.uid }),
    limits: spec.limits,
    cgroup,
    log,
    shouldEnd: judge(Date.now() + (timeoutMs ?? Number.POSITIVE_INFINITY), timeoutMs ?? 0, "time limit"),
    onStart: (leader) => note({ leader }),
    onUsage: (usage) => note(usage, true),
  }).finally(() => cgroup.remove());
  const { exitCode, signal, peakRssBytes, cpuSeconds, stuck } = outcome;
  if (stuck > 0) log.say(`${stuck} of the job's processes did not end after KILL; the kernel holds them`);
  Object.assign(state, { exitCode, signal, peakRssBytes, cpuSeconds });
  if (outcome.verdict !== null) return { phase: outcome.verdict.phase, reason: outcome.verdict.reason };
  if (exitCode !== 0) return { phase: "failed", reason: inWords(outcome) };
  return { phase: "succeeded", reason: "Finished", outputs: await collect() };
}

function collect() {
  const limitMs = settings.collectTimeoutMs;
  const checkStop = stopper(judge(Date.now() + limitMs, limitMs, "the time limit for collecting outputs"));
  return collectOutputs(at("out"), state.uid, checkStop);
}

/** Why it could not be run, without the places of this machine, which are the operator's to know. @param {unknown} error */
function troubleInWords(error) {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  const code = codeOf(error);
  if (code === undefined) return "something went wrong on its machine";
  return error instanceof Error ? error.message.replace(/, [a-z]+ '.*$/s, "") : code;
}

async function attempt() {
  note({});
  try {
    return await run(await prepare());
  } catch (error) {
    if (error instanceof Ended) return { phase: error.verdict.phase, reason: error.message };
    // What the job left besides is worth keeping.
    if (error instanceof OutputsRefused)
      return { phase: "failed", reason: error.message, outputs: error.outputs };
    if (error instanceof JobFailure) return { phase: "failed", reason: error.message };
    return { phase: "failed", reason: `The job could not be run: ${troubleInWords(error)}` };
  }
}

const ending = await attempt();
// What resists goes with the attempt's folder.
for (const name of ["tmp", "jail"]) await removeTree(at(name)).catch(() => undefined);
if (isolation.level === "user") await removeLeftovers(state.uid);
log.say(ending.reason);
createJson(at("status.json"), {
  ...state,
  outputs: [],
  ...ending,
  reason: log.redact(ending.reason),
  endedAt: new Date().toISOString(),
});
process.exit(0);
