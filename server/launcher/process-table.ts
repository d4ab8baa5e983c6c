import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { SYSTEM_ENVIRONMENT } from "@/server/core/system-environment.mjs";

const POLL_MS = 25;

/** True when a process with this id exists (also when it belongs to somebody else). Zombies count as gone. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  return readStat(pid)?.state !== "Z";
}

/**
 * When the process started, in the system's own notation. Together with the pid it names one process for
 * good, because pids are handed out again. Undefined when there is no such process.
 */
export function startTimeOf(pid: number): string | undefined {
  if (process.platform === "linux") return readStat(pid)?.startTime;
  try {
    return (
      execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], {
        encoding: "utf8",
        env: SYSTEM_ENVIRONMENT,
      }).trim() || undefined
    );
  } catch {
    return undefined;
  }
}

/** True when `pid` is still the process that started at `startTime`. */
export function isSameProcess(pid: number, startTime: string | undefined): boolean {
  return startTime !== undefined && isAlive(pid) && startTimeOf(pid) === startTime;
}

/** The command line of a process, or an empty string. */
export function commandOf(pid: number): string {
  try {
    if (process.platform === "linux") {
      return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    }
    return execFileSync("ps", ["-o", "command=", "-p", String(pid)], {
      encoding: "utf8",
      env: SYSTEM_ENVIRONMENT,
    }).trim();
  } catch {
    return "";
  }
}

/** Ids of the processes whose working directory is `dir` (Linux; elsewhere empty). */
export function processesIn(dir: string): number[] {
  if (process.platform !== "linux") return [];
  const wanted = fs.existsSync(dir) ? fs.realpathSync(dir) : path.resolve(dir);
  return fs
    .readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .filter((pid) => workingDirOf(pid) === wanted && isAlive(pid));
}

/** Waits until the process is gone. Returns false when it is still there after `timeoutMs`. */
export async function waitForExit(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isAlive(pid)) {
    if (performance.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** Sends each signal in turn, waiting `timeoutMs` after it, until the process is gone. False if it survives all. */
export async function endProcess(
  pid: number,
  steps: readonly { signal: NodeJS.Signals; timeoutMs: number }[],
): Promise<boolean> {
  for (const { signal, timeoutMs } of steps) {
    signalProcess(pid, signal);
    if (await waitForExit(pid, timeoutMs)) return true;
  }
  return !isAlive(pid);
}

/** Sends a signal; a process that is already gone is no error. A negative pid means its process group. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function workingDirOf(pid: number): string | undefined {
  try {
    return fs.readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** Fields 3 (state) and 22 (start time in clock ticks after boot) of /proc/<pid>/stat, see proc(5). */
function readStat(pid: number): { state: string; startTime: string } | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command name may hold spaces and brackets, so count from the last bracket.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", startTime: fields[19] ?? "" };
  } catch {
    return undefined;
  }
}
