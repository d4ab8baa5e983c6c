// Users for programs that we do not trust, so that they can neither read nor signal us or one another: numbers that no account has.
// Nothing is added to the system. Plain JavaScript, because the keeper of a job is.
import { existsSync, readFileSync } from "node:fs";

/** @typedef {{ first: number, count: number }} UserRange */

/**
 * For each purpose, apart from every other. Wanted first: far above accounts, the users that systemd hands out to services and the ranges that
 * containers take. The second fits where a container maps 65,536 ids.
 */
export const USER_RANGES = {
  jobs: [
    { first: 1_500_000_000, count: 2 ** 20 },
    { first: 61_184, count: 3_336 },
  ],
  models: [
    { first: 1_502_000_000, count: 1_000 },
    { first: 64_520, count: 1_000 },
  ],
};

/** @param {string} file */
function mappedRanges(file) {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return lines.map((line) => line.trim().split(/\s+/).map(Number));
}

/**
 * The users that this process may hand out, or null: it is not root, or its own user namespace does not map them.
 * @param {keyof typeof USER_RANGES} purpose @returns {UserRange | null}
 */
export function userRange(purpose) {
  if (process.getuid?.() !== 0) return null;
  const ranges = USER_RANGES[purpose];
  // Where there are no user namespaces, root has every number.
  if (process.platform !== "linux") return ranges.at(-1) ?? null;
  const maps = ["/proc/self/uid_map", "/proc/self/gid_map"].map(mappedRanges);
  const isMapped = (/** @type {UserRange} */ { first, count }) =>
    maps.every((mapped) =>
      mapped.some(([inside = 0, , length = 0]) => first >= inside && first + count <= inside + length),
    );
  return ranges.find(isMapped) ?? null;
}
