/**
 * Where the gateway is root, each model's process runs under a number of its own, so that none may read, signal or trace another. The
 * numbers belong to no account; they lie below 65,536 because containers often have no others.
 */
const FIRST = 63_000;
const COUNT = 1_000;

const taken = new Set<number>();

/** A number for a process; undefined where this gateway may not change users. */
export function takeUser(): number | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (let id = FIRST; id < FIRST + COUNT; id += 1) {
    if (taken.has(id)) continue;
    taken.add(id);
    return id;
  }
  return FIRST + COUNT - 1;
}

export function giveBackUser(id: number | undefined): void {
  if (id !== undefined) taken.delete(id);
}
