// Bounds by the kernel where this machine lets us: a memory and a CPU cgroup for one attempt, version 1 or 2.
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import path from "node:path";

const MOUNT = "/sys/fs/cgroup";
const PERIOD_US = 100_000;

/**
 * The kernel's bound lies a little above the job's: the keeper, which watches resident memory, ends a job in clear words;
 * the kernel stops what grows faster than the keeper looks. At the very limit a job would crawl, reading its own program
 * from disk again and again, long before the kernel ended it.
 * @param {number} memoryBytes
 */
const hardLimit = (memoryBytes) => String(Math.ceil(memoryBytes * 1.1) + 32 * 2 ** 20);

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** @param {string} folder @param {string} name @param {string} value */
function tryWrite(folder, name, value) {
  try {
    writeFileSync(path.join(folder, name), value);
    return true;
  } catch {
    return false;
  }
}

/** Makes a child of this process's own group under `mount`. @param {string} mount @param {string} own @param {string} name */
function makeFolder(mount, own, name) {
  const folder = path.join(mount, own, name);
  try {
    mkdirSync(folder);
    return folder;
  } catch {
    return null;
  }
}

/** The kernel takes no quota below a millisecond. @param {{ cpuMilli?: number, periodUs?: number }} limits */
function quotaOf({ cpuMilli = 0, periodUs = PERIOD_US }) {
  return { quotaUs: Math.max(1000, Math.round((cpuMilli * periodUs) / 1000)), periodUs };
}

/** @param {string} text @param {string} key */
function counter(text, key) {
  return Number(new RegExp(`^${key} (\\d+)`, "m").exec(text)?.[1] ?? 0);
}

/** @param {string} name @param {{ memoryBytes?: number, cpuMilli?: number, periodUs?: number }} limits @param {Map<string, string>} own */
function version1(name, limits, own) {
  // Made without a limit too: it knows the job's processes wherever they went.
  const memory = own.has("memory") ? makeFolder(`${MOUNT}/memory`, own.get("memory") ?? "/", name) : null;
  const cpu =
    limits.cpuMilli !== undefined && own.has("cpu")
      ? makeFolder(`${MOUNT}/cpu`, own.get("cpu") ?? "/", name)
      : null;
  if (memory !== null && limits.memoryBytes !== undefined) {
    tryWrite(memory, "memory.limit_in_bytes", hardLimit(limits.memoryBytes));
    tryWrite(memory, "memory.memsw.limit_in_bytes", hardLimit(limits.memoryBytes));
  }
  let boundsCpu = false;
  if (cpu !== null) {
    const { quotaUs, periodUs } = quotaOf(limits);
    tryWrite(cpu, "cpu.cfs_period_us", String(periodUs));
    boundsCpu = tryWrite(cpu, "cpu.cfs_quota_us", String(quotaUs));
  }
  const folders = [memory, cpu].filter((folder) => folder !== null);
  const killCount = () =>
    memory === null ? 0 : counter(read(path.join(memory, "memory.oom_control")), "oom_kill");
  return { folders, boundsCpu, killCount };
}

/** @param {string} name @param {{ memoryBytes?: number, cpuMilli?: number, periodUs?: number }} limits @param {string} own */
function version2(name, limits, own) {
  const folder = makeFolder(MOUNT, own, name);
  if (folder === null) return { folders: [], boundsCpu: false, killCount: () => 0 };
  if (limits.memoryBytes !== undefined) {
    tryWrite(folder, "memory.max", hardLimit(limits.memoryBytes));
    tryWrite(folder, "memory.swap.max", "0");
  }
  const { quotaUs, periodUs } = quotaOf(limits);
  const boundsCpu = limits.cpuMilli !== undefined && tryWrite(folder, "cpu.max", `${quotaUs} ${periodUs}`);
  return {
    folders: [folder],
    boundsCpu,
    killCount: () => counter(read(path.join(folder, "memory.events")), "oom_kill"),
  };
}

/**
 * Makes the attempt's cgroups. Where none may be made, `folders` is empty and the other bounds stand alone.
 * @param {string} attemptId @param {{ memoryBytes?: number, cpuMilli?: number, periodUs?: number }} limits
 */
export function createCgroup(attemptId, limits) {
  const name = `modelworks-${attemptId}`;
  /** @type {Map<string, string>} */
  const own = new Map();
  for (const line of read("/proc/self/cgroup").trim().split("\n")) {
    const [, controllers = "", place = "/"] = line.split(":");
    for (const controller of controllers.split(",")) own.set(controller, place);
  }
  const unified = read(path.join(MOUNT, "cgroup.controllers")) !== "";
  const made = unified ? version2(name, limits, own.get("") ?? "/") : version1(name, limits, own);
  return {
    folders: made.folders,
    /** Files into which a process writes its number to join. */
    joinFiles: made.folders.map((folder) => path.join(folder, "cgroup.procs")),
    boundsCpu: made.boundsCpu,
    /** How many processes the kernel ended for memory. */
    killCount: made.killCount,
    pids: () => cgroupPids(made.folders),
    remove: () => removeCgroups(made.folders),
  };
}

/** Numbers of the processes inside. @param {string[]} folders */
export function cgroupPids(folders) {
  return folders.flatMap((folder) =>
    read(path.join(folder, "cgroup.procs")).split("\n").filter(Boolean).map(Number),
  );
}

/** Removes the groups; one that still holds a process stays. @param {string[]} folders */
export function removeCgroups(folders) {
  for (const folder of folders) {
    try {
      rmdirSync(folder);
    } catch {
      // Still in use, or gone already.
    }
  }
}
