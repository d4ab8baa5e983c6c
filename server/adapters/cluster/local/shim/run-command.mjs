// One command of an attempt under its bounds.
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { JobFailure, sizeInWords } from "./files.mjs";
import { hasNamespaces, startIsolated } from "./isolation.mjs";
import { identityOf, memoryOf, reapedCpuSeconds, TICKS_PER_SECOND } from "./process-table.mjs";
import { MARKER_NAME, ProcessTree } from "./process-tree.mjs";

const POLL_MS = 250;
const LEFTOVER_GRACE_MS = 2000;
const PIPE_CLOSE_MS = 2000;
const TASKSET = "/usr/bin/taskset";
/** Processes and threads of a job. The kernel counts them by user, so only where the job has one of its own. */
const MAX_TASKS = 4_096;
const DEFAULT_SCRATCH_BYTES = 2 ** 30;
/** Of the job's memory, for each of /tmp and /dev/shm, which lie in it. TMPDIR is on disk. */
const SCRATCH_SHARE = 0.5;

// Joins the cgroups, bounds core dumps and address space, then becomes the command. Standard error joins standard
// output in one pipe, so that the log keeps the order in which the lines were written. When the whole machine runs out
// of memory, the kernel is to take the job before the keeper.
const WRAPPER = `
while [ "$1" != -- ]; do { echo $$ > "$1"; } 2>/dev/null; shift; done
shift; { echo 500 > /proc/self/oom_score_adj; } 2>/dev/null
ulimit -c 0; ulimit -v "$1" 2>/dev/null; shift
exec "$@" 2>&1`;

/**
 * Why a command was ended before its own end.
 * @typedef {{ phase: "cancelled" | "timed_out" | "out_of_memory" | "lost", reason: string, graceMs: number }} Verdict
 * @typedef {{ exitCode: number | null, signal: string | null, verdict: Verdict | null, peakRssBytes: number, cpuSeconds: number, stuck: number }} Outcome
 * @typedef {{ memoryBytes?: number, cpuMilli?: number, addressSpaceBytes?: number }} Limits
 */

/** The words that pin a command to as many CPUs as it asked for; empty when there is nothing to pin. @param {number} cpuMilli */
export function pinning(cpuMilli) {
  const wanted = Math.max(1, Math.ceil(cpuMilli / 1000));
  const allowed = [];
  const list = existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
  for (const range of (/^Cpus_allowed_list:\s*(\S+)/m.exec(list)?.[1] ?? "").split(",").filter(Boolean)) {
    const [from = 0, to = from] = range.split("-").map(Number);
    for (let cpu = from; cpu <= to; cpu += 1) allowed.push(cpu);
  }
  if (!existsSync(TASKSET) || wanted >= allowed.length) return [];
  const first = Math.floor(Math.random() * allowed.length);
  const chosen = Array.from({ length: wanted }, (_, index) => allowed[(first + index) % allowed.length]);
  return [TASKSET, "-c", chosen.join(",")];
}

/** @param {ProcessTree} tree */
function usageMeter(tree) {
  const before = reapedCpuSeconds();
  /** @type {Map<string, number>} */
  const ticks = new Map();
  let peakRssBytes = 0;
  return {
    /** Looks once; answers the memory in use. @param {number} limitBytes */
    look(limitBytes) {
      const members = tree.members();
      for (const { pid, identity, cpuTicks } of members) ticks.set(`${pid} ${identity}`, cpuTicks);
      const used = memoryOf(
        members.map(({ pid }) => pid),
        limitBytes,
      );
      peakRssBytes = Math.max(peakRssBytes, used);
      return used;
    },
    usage() {
      let seen = 0;
      for (const value of ticks.values()) seen += value;
      const cpuSeconds = Math.max(seen / TICKS_PER_SECOND, reapedCpuSeconds() - before);
      return { peakRssBytes, cpuSeconds: Math.round(cpuSeconds * 100) / 100 };
    },
  };
}

/** @param {number} bytes */
function memoryReason(bytes) {
  return Number.isFinite(bytes)
    ? `Killed after exceeding ${sizeInWords(bytes)} of memory`
    : "Killed because the machine ran out of memory";
}

/**
 * Runs a command to its end, and ends with it everything that it started.
 * @param {object} task
 * @param {{ attemptId: string, folder: string }} task.attempt
 * @param {{ isolation: import("./isolation.mjs").Isolation, uid: number | null, stage: string }} task.cell
 * @param {{ searchPath: string, readable: string[], writable: string[], hidden: string[] }} task.view what it may see in a mount namespace
 * @param {string[]} task.command
 * @param {string} task.cwd
 * @param {Record<string, string>} task.env
 * @param {Limits} task.limits
 * @param {ReturnType<typeof import("./cgroup.mjs").createCgroup> | null} task.cgroup
 * @param {import("./job-log.mjs").JobLog} task.log
 * @param {() => Verdict | null} task.shouldEnd asked at every look
 * @param {(leader: { pid: number, identity: string }) => void} task.onStart
 * @param {(usage: { peakRssBytes: number, cpuSeconds: number }) => void} [task.onUsage]
 * @returns {Promise<Outcome>}
 */
export async function runCommand(task) {
  const { limits, cgroup, log, cell } = task;
  const pin = limits.cpuMilli !== undefined && !cgroup?.boundsCpu ? pinning(limits.cpuMilli) : [];
  const tasks = cell.uid === null ? [] : ["prlimit", `--nproc=${MAX_TASKS}`];
  const space =
    limits.addressSpaceBytes === undefined
      ? "unlimited"
      : String(Math.floor(limits.addressSpaceBytes / 1024));
  const { child, seen, release } = startIsolated({
    isolation: cell.isolation,
    uid: cell.uid,
    jail: {
      stage: cell.stage,
      scratchBytes:
        limits.memoryBytes === undefined
          ? DEFAULT_SCRATCH_BYTES
          : Math.floor(limits.memoryBytes * SCRATCH_SHARE),
      view: task.view,
    },
    command: task.command,
    cwd: task.cwd,
    env: task.env,
    setupEnv: { LANG: "C.UTF-8", HOME: task.cwd, [MARKER_NAME]: task.attempt.attemptId },
    wrap: (words) => [
      "-c",
      WRAPPER,
      "sh",
      ...(cgroup?.joinFiles ?? []),
      "--",
      space,
      ...pin,
      ...tasks,
      ...words,
    ],
  });
  /** @type {Promise<{ code: number | null, signal: string | null }>} */
  const exited = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const closed = new Promise((resolve) => void child.once("close", resolve));
  child.stdout.on("data", (chunk) => log.output(chunk));
  child.stderr.on("data", (chunk) => log.output(chunk));
  const pid = child.pid ?? 0;
  const leader = { pid, identity: identityOf(pid) ?? "" };
  const tree = new ProcessTree(task.attempt, leader, { alsoMembers: cgroup?.pids, uid: cell.uid });
  if (pid > 0) task.onStart(leader);
  const meter = usageMeter(tree);
  const limitBytes = limits.memoryBytes ?? Number.POSITIVE_INFINITY;
  /** @type {Verdict | null} */
  let verdict = null;
  /** @type {Promise<number> | null} */
  let ending = null;
  // Only what runs inside is the job: the leader passes on how it ended, the first process holds the namespace.
  const spareFrame = () => {
    if (!hasNamespaces(cell.isolation) || !seen.started || seen.init === null || tree.frame.length > 0)
      return;
    tree.frame = [leader, { pid: seen.init, identity: identityOf(seen.init) ?? "" }];
  };
  const timer = setInterval(() => {
    spareFrame();
    const used = meter.look(limitBytes);
    task.onUsage?.(meter.usage());
    // A second request with a shorter grace overtakes the first.
    const asked = task.shouldEnd();
    const sooner = verdict !== null && asked !== null && asked.graceMs < verdict.graceMs;
    if (verdict !== null && !sooner) return;
    // The kernel may have ended one process while the others wait for it.
    const tooMuch = used > limitBytes || (cgroup?.killCount() ?? 0) > 0;
    verdict ??= tooMuch ? { phase: "out_of_memory", reason: memoryReason(limitBytes), graceMs: 0 } : asked;
    if (verdict === null) return;
    if (sooner) verdict = { ...verdict, graceMs: asked.graceMs };
    ending = tree.end(verdict.graceMs).finally(release);
  }, POLL_MS);
  const { code, signal } = await exited.finally(() => clearInterval(timer));
  spareFrame();
  meter.look(limitBytes);
  let stuck = Number(await Promise.resolve(ending));
  stuck = Math.max(stuck, await tree.end(verdict === null ? LEFTOVER_GRACE_MS : 0));
  release();
  await Promise.race([closed, sleep(PIPE_CLOSE_MS, undefined, { ref: false })]);
  log.flush();
  if (verdict === null && code !== 0 && (cgroup?.killCount() ?? 0) > 0) {
    verdict = { phase: "out_of_memory", reason: memoryReason(limitBytes), graceMs: 0 };
  }
  if (!seen.started && verdict === null) {
    throw new JobFailure("The job could not be isolated from this machine: the log says what was refused");
  }
  return { exitCode: code, signal, verdict, stuck, ...meter.usage() };
}
