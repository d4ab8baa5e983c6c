import { readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createCgroup, removeCgroups } from "../../cluster/local/shim/cgroup.mjs";
import type { MemoryBounds } from "./memory";
import { isAlive } from "./own-folder";

const PREFIX = "modelworks-model-";
/** Short, so that a model which used up its share waits milliseconds for the next. */
const PERIOD_US = 10_000;

let made = 0;

/** A gateway that was killed left its groups; they hold nobody. */
function removeOthersLeft(folders: readonly string[]): void {
  for (const above of new Set(folders.map((folder) => path.dirname(folder))))
    for (const name of readdirSync(above)) {
      const owner = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length).split("-", 1)[0]) : Number.NaN;
      if (Number.isInteger(owner) && !isAlive(owner)) removeCgroups([path.join(above, name)]);
    }
}

/** Puts a process under the kernel's bounds where this machine lets us; elsewhere those that it took on itself, and our eye on it, stand alone. */
export function joinBounds(pid: number, memory: MemoryBounds, cpuMilli: number | undefined) {
  made += 1;
  const group = createCgroup(`model-${process.pid}-${made}`, {
    memoryBytes: memory.residentBytes,
    cpuMilli,
    periodUs: PERIOD_US,
  });
  if (made === 1) removeOthersLeft(group.folders);
  for (const file of group.joinFiles) {
    try {
      writeFileSync(file, String(pid));
    } catch {
      // It ended meanwhile, or the group may not be joined.
    }
  }
  return { killCount: group.killCount, pids: group.pids, remove: group.remove };
}
