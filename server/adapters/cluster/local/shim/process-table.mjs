// What runs on this machine, from /proc where it exists and from `ps` elsewhere.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { SYSTEM_ENVIRONMENT } from "../../../../core/system-environment.mjs";

/**
 * One living process. `identity` is its start time, which tells it from a later process with the same number.
 * @typedef {{ pid: number, ppid: number, pgid: number, sid: number, startOrder: number, hasTerminal: boolean, cpuTicks: number, identity: string }} ProcessRow
 */

const onLinux = existsSync("/proc/self/stat");
const bootId = onLinux ? readText("/proc/sys/kernel/random/boot_id").trim() : "";

export const TICKS_PER_SECOND = 100;

/** @param {string} file */
function readText(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** @param {number} pid @returns {ProcessRow | null} null when it is gone, or dead and only waiting to be reaped */
function rowFromProc(pid) {
  const text = readText(`/proc/${pid}/stat`);
  if (text === "") return null;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return null;
  const start = Number(fields[19]);
  return {
    pid,
    ppid: Number(fields[1]),
    pgid: Number(fields[2]),
    sid: Number(fields[3]),
    startOrder: start,
    hasTerminal: fields[4] !== "0",
    cpuTicks: Number(fields[11]) + Number(fields[12]),
    identity: `${bootId}:${start}`,
  };
}

/** @param {string[]} args @returns {ProcessRow[]} */
function rowsFromPs(args) {
  let text = "";
  try {
    text = execFileSync("ps", [...args, "-o", "pid=,ppid=,pgid=,stat=,lstart="], {
      encoding: "utf8",
      env: SYSTEM_ENVIRONMENT,
    });
  } catch {
    return [];
  }
  const rows = [];
  for (const line of text.split("\n")) {
    const [pid, ppid, pgid, state, ...started] = line.trim().split(/\s+/);
    if (state === undefined || state.startsWith("Z")) continue;
    const identity = started.join(" ");
    const group = Number(pgid);
    rows.push({
      pid: Number(pid),
      ppid: Number(ppid),
      pgid: group,
      sid: group,
      startOrder: Date.parse(identity),
      hasTerminal: false,
      cpuTicks: 0,
      identity,
    });
  }
  return rows;
}

/** Every living process. @returns {ProcessRow[]} */
export function readProcessTable() {
  if (!onLinux) return rowsFromPs(["-ax"]);
  const rows = [];
  for (const name of readdirSync("/proc")) {
    const first = name.charCodeAt(0);
    if (first < 48 || first > 57) continue;
    const row = rowFromProc(Number(name));
    if (row !== null) rows.push(row);
  }
  return rows;
}

/** The start time of a living process, or null. @param {number} pid @returns {string | null} */
export function identityOf(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  const row = onLinux ? rowFromProc(pid) : rowsFromPs(["-p", String(pid)])[0];
  return row?.identity ?? null;
}

/** Whether the very process that was seen earlier still lives. @param {{ pid: number, identity: string } | null | undefined} seen */
export function isAlive(seen) {
  return seen !== null && seen !== undefined && seen.pid > 0 && identityOf(seen.pid) === seen.identity;
}

/** Whether a process was started with `NAME=value` in its environment. @param {number} pid @param {string} marker */
export function carriesMarker(pid, marker) {
  if (!onLinux) return false;
  const text = readText(`/proc/${pid}/environ`);
  return text.startsWith(`${marker}\0`) || text.includes(`\0${marker}\0`);
}

/** Whether a process works in a folder or below it. @param {number} pid @param {string} folder */
export function worksIn(pid, folder) {
  if (!onLinux) return false;
  try {
    const place = readlinkSync(`/proc/${pid}/cwd`);
    return place === folder || place.startsWith(`${folder}/`);
  } catch {
    return false;
  }
}

/** The user of a process, or null. @param {number} pid */
export function ownerOf(pid) {
  if (!onLinux) return null;
  try {
    return statSync(`/proc/${pid}`).uid;
  } catch {
    return null;
  }
}

/** Resident bytes of one process. @param {number} pid */
function residentBytes(pid) {
  if (onLinux) {
    const found = /^VmRSS:\s+(\d+) kB/m.exec(readText(`/proc/${pid}/status`));
    return found === null ? 0 : Number(found[1]) * 1024;
  }
  try {
    return (
      Number(
        execFileSync("ps", ["-o", "rss=", "-p", String(pid)], {
          encoding: "utf8",
          env: SYSTEM_ENVIRONMENT,
        }).trim(),
      ) * 1024
    );
  } catch {
    return 0;
  }
}

/** Resident bytes of one process with shared pages counted by share. @param {number} pid */
function proportionalBytes(pid) {
  const found = /^Pss:\s+(\d+) kB/m.exec(readText(`/proc/${pid}/smaps_rollup`));
  return found === null ? residentBytes(pid) : Number(found[1]) * 1024;
}

/**
 * Memory of a set of processes. Pages shared by forks count once each process, which is cheap to read; only when that sum
 * passes the limit is the fair sum read, so that no job dies for pages it shares.
 * @param {Iterable<number>} pids @param {number} limitBytes
 */
export function memoryOf(pids, limitBytes) {
  const list = [...pids];
  let total = 0;
  for (const pid of list) total += residentBytes(pid);
  if (total <= limitBytes || list.length < 2) return total;
  total = 0;
  for (const pid of list) total += proportionalBytes(pid);
  return total;
}

/** CPU seconds of children that this process has waited for, with their own. */
export function reapedCpuSeconds() {
  if (!onLinux) return 0;
  const text = readText("/proc/self/stat");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}
