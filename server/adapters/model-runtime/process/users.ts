import { userRange } from "../../process-users.mjs";

/**
 * Where the gateway is root, each model's process runs under a number of its own, so that none may read, signal or trace another.
 */
const taken = new Set<number>();

/** A number for a process; undefined where this gateway may not change users. */
export function takeUser(): number | undefined {
  const range = userRange("models");
  if (range === null) return undefined;
  const end = range.first + range.count;
  for (let id = range.first; id < end; id += 1) {
    if (taken.has(id)) continue;
    taken.add(id);
    return id;
  }
  return end - 1;
}

export function giveBackUser(id: number | undefined): void {
  if (id !== undefined) taken.delete(id);
}
