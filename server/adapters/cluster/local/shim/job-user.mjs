// A user of its own for each attempt: a number from a range that no account has. Nothing is added to the system.
import { createHash } from "node:crypto";
import { chmodSync, existsSync, lchownSync, lstatSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { createJson, JobFailure, readJson } from "./files.mjs";

/** Wanted first: far above accounts and the ranges that containers take. The second fits where a container maps 65,536 ids. */
const RANGES = /** @type {const} */ ([
  { first: 1_500_000_000, count: 2 ** 20 },
  { first: 61_184, count: 4_336 },
]);
const TRIES = 2_000;

/** @param {string} file */
function mappedRanges(file) {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return lines.map((line) => line.trim().split(/\s+/).map(Number));
}

/** The range that this process may hand out, or null: it is not root, or its own user namespace does not map one. */
export function userRange() {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return null;
  const maps = ["/proc/self/uid_map", "/proc/self/gid_map"].map(mappedRanges);
  const isMapped = (/** @type {{ first: number, count: number }} */ { first, count }) =>
    maps.every((ranges) =>
      ranges.some(([inside = 0, , length = 0]) => first >= inside && first + count <= inside + length),
    );
  return RANGES.find(isMapped) ?? null;
}

/**
 * Takes a user for an attempt; it stays the attempt's until its folder goes, so nobody inherits files of another.
 * @param {string} root @param {string} attemptId @param {{ first: number, count: number }} range
 */
export function takeUser(root, attemptId, range) {
  const folder = path.join(root, "users");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const start = createHash("sha256").update(`${root}\0${attemptId}`).digest().readUInt32BE(0) % range.count;
  for (let tries = 0; tries < Math.min(TRIES, range.count); tries += 1) {
    const uid = range.first + ((start + tries) % range.count);
    const file = path.join(folder, `${uid}.json`);
    if (createJson(file, { attemptId })) return uid;
    const holder = readJson(file);
    if (holder?.attemptId === attemptId) return uid;
  }
  throw new JobFailure("No user is free for the job: too many attempts are kept on this machine");
}

/** Gives a tree to a user. Only for trees that no process of a job can reach. @param {string} folder @param {number} uid */
export function giveTree(folder, uid) {
  lchownSync(folder, uid, uid);
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    lchownSync(path.join(folder, name), uid, uid);
  }
}

/**
 * Takes a tree that a job's user made into our own hands: everybody may read it, nobody but us may write. Refuses what that
 * user does not own, which could only be a hard link to a file of somebody else.
 * @param {string} folder @param {number} uid
 */
export function seizeTree(folder, uid) {
  const names = ["", ...readdirSync(folder, { recursive: true, encoding: "utf8" })];
  for (const name of names) {
    const full = path.join(folder, name);
    const stat = lstatSync(full);
    if (stat.uid !== uid && stat.uid !== 0) throw new JobFailure(`"${name}" belongs to somebody else`);
    if (stat.uid === 0 && stat.nlink > 1 && stat.isFile()) {
      throw new JobFailure(`"${name}" is a link to a file of somebody else`);
    }
    lchownSync(full, 0, 0);
    if (stat.isSymbolicLink()) continue;
    const executable = stat.isDirectory() || (stat.mode & 0o100) !== 0;
    chmodSync(full, executable ? 0o755 : 0o644);
  }
}
