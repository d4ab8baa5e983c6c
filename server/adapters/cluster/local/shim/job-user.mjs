// A user of its own for each attempt.
import { createHash } from "node:crypto";
import { chmodSync, existsSync, lchownSync, lstatSync, mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { codeOf, createJson, JobFailure, readJson, removeTree } from "./files.mjs";

const TRIES = 2_000;

/**
 * Takes a user for an attempt; it stays the attempt's until its folder goes, so nobody inherits files of another.
 * @param {string} root @param {string} attemptId @param {import("../../../process-users.mjs").UserRange} range
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
  try {
    const names = ["", ...readdirSync(folder, { recursive: true, encoding: "utf8" })];
    // All before the first: a file may lie there under two names.
    for (const name of names) {
      if (lstatSync(path.join(folder, name)).uid === uid) continue;
      throw new JobFailure(
        `A package put ${JSON.stringify(name)} into the environment, which belongs to somebody else`,
      );
    }
    for (const name of names) seize(path.join(folder, name));
  } catch (error) {
    if (!["ENOENT", "ENAMETOOLONG"].includes(codeOf(error) ?? "")) throw error;
    throw new JobFailure(
      "A package put files into the environment whose names are not UTF-8, or too deep to be named",
    );
  }
}

/** @param {string} full */
function seize(full) {
  const stat = lstatSync(full);
  lchownSync(full, 0, 0);
  if (stat.isSymbolicLink()) return;
  const executable = stat.isDirectory() || (stat.mode & 0o100) !== 0;
  chmodSync(full, executable ? 0o755 : 0o644);
}

const SHARED_FOLDERS = ["/tmp", "/var/tmp", "/dev/shm"];

/** Removes what a user left where everybody may write. Only after its last process. @param {number} uid */
export async function removeLeftovers(uid) {
  for (const folder of SHARED_FOLDERS.filter((each) => existsSync(each))) {
    for (const name of readdirSync(folder)) {
      const full = path.join(folder, name);
      const stat = lstatSync(full, { throwIfNoEntry: false });
      if (stat?.uid === uid) await removeTree(full).catch(() => undefined);
    }
  }
}
