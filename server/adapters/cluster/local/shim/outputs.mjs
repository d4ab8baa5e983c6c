// What an attempt left in its output folder, by digest. Whoever wrote it may have meant harm; none of its processes is left.
import { isUtf8 } from "node:buffer";
import { lstatSync, opendirSync, realpathSync, statfsSync, statSync } from "node:fs";
import path from "node:path";
import { codeOf, digestOfFile, JobFailure, sizeInWords } from "./files.mjs";

/** Beyond this nobody finds anything in a list of files, and a row's key may be no longer than the other. */
const MAX_ENTRIES = 100_000;
export const MAX_PATH_BYTES = 1_024;
const BLOCK_BYTES = 512;

/** @typedef {{ path: string, full: string, size: number }} Found */

/** A name for a message: what is not plain text in it is spelled out. @param {Uint8Array | string} name */
const spelled = (name) =>
  isUtf8(Buffer.from(name))
    ? JSON.stringify(Buffer.from(name).toString())
    : JSON.stringify(Buffer.from(name).toString("latin1")).replaceAll(
        /[\x7f-\xff]/g,
        (letter) => `\\x${letter.charCodeAt(0).toString(16)}`,
      );

/** @param {string} relative */
const unreadable = (relative) =>
  new JobFailure(`Output ${spelled(relative)} may not be read: give its owner the right to`);

/** @param {string} folder @param {string} relative */
function openFolder(folder, relative) {
  try {
    return opendirSync(folder, { encoding: /** @type {BufferEncoding} */ ("buffer") });
  } catch (error) {
    throw codeOf(error) === "EACCES" ? unreadable(relative.replace(/\/$/, "")) : error;
  }
}

/** Names in a folder, of which `prefix` is the path. @param {string} folder @param {string} prefix @param {() => void} count */
function namesIn(folder, prefix, count) {
  const names = [];
  const entries = openFolder(folder, prefix);
  try {
    for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
      count();
      const name = Buffer.from(entry.name);
      if (!isUtf8(name)) {
        throw new JobFailure(
          `Output ${spelled(Buffer.concat([Buffer.from(prefix), name]))} has a name that is not UTF-8: rename it`,
        );
      }
      if (Buffer.byteLength(prefix) + name.length > MAX_PATH_BYTES) {
        throw new JobFailure(
          `Output ${spelled(`${prefix}${name.toString()}`.slice(0, 80))}… has a path of more than ${MAX_PATH_BYTES} bytes: use shorter names, or write an archive`,
        );
      }
      names.push(name.toString());
    }
  } finally {
    entries.closeSync();
  }
  return names;
}

/** The file that an entry stands for; null for what is no file. @param {string} root @param {string} full @param {string} relative @param {number | null} uid */
function fileAt(root, full, relative, uid) {
  if (lstatSync(full).isSymbolicLink()) {
    const target = resolveLink(full);
    if (target === null || !target.startsWith(root + path.sep)) {
      throw new JobFailure(
        `Output ${spelled(relative)} is a symbolic link that leaves the output folder: write a copy of the file instead`,
      );
    }
  }
  const stat = statSync(full);
  if (!stat.isFile()) return null;
  if (uid !== null && stat.uid !== uid) {
    throw new JobFailure(`Output ${spelled(relative)} is not a file of the job: write a copy of it instead`);
  }
  return stat;
}

/** @param {string} root @param {number | null} uid @param {() => void} checkStop @param {number} maxEntries @returns {Found[]} */
function findOutputs(root, uid, checkStop, maxEntries) {
  /** @type {Found[]} */
  const found = [];
  let entries = 0;
  let holes = 0;
  const count = () => {
    entries += 1;
    if (entries <= maxEntries) return;
    throw new JobFailure(`It wrote more than ${maxEntries} outputs: put them into an archive`);
  };
  const waiting = [""];
  for (let prefix = waiting.pop(); prefix !== undefined; prefix = waiting.pop()) {
    checkStop();
    for (const name of namesIn(path.join(root, prefix), prefix, count)) {
      const relative = prefix + name;
      const full = path.join(root, relative);
      if (lstatSync(full).isDirectory()) {
        waiting.push(`${relative}/`);
        continue;
      }
      const stat = fileAt(root, full, relative, uid);
      if (stat === null) continue;
      holes += Math.max(0, stat.size - stat.blocks * BLOCK_BYTES);
      found.push({ path: relative, full, size: stat.size });
    }
  }
  const { bavail, bsize } = statfsSync(root);
  if (holes > bavail * bsize) {
    const total = found.reduce((sum, { size }) => sum + size, 0);
    throw new JobFailure(
      `Its outputs of ${sizeInWords(total)} are mostly holes and would not fit on this machine's disk`,
    );
  }
  return found;
}

/**
 * Every file that the job left in its output folder. A symbolic link counts as the file it points to, and one that
 * leaves the folder fails the job, as does a file that is not the job's own: a hard link to one of somebody else.
 * @param {string} out @param {number | null} uid the job's user
 * @param {() => void} checkStop throws when the attempt has to end
 * @param {number} [maxEntries] of files, folders and other things
 * @returns {Promise<{ path: string, sizeBytes: number, digest: string }[]>}
 */
export async function collectOutputs(out, uid, checkStop, maxEntries = MAX_ENTRIES) {
  const root = realpathSync(out);
  const outputs = [];
  for (const { path: relative, full, size } of findOutputs(root, uid, checkStop, maxEntries)) {
    const digest = await digestOfFile(full, checkStop).catch((error) => {
      throw codeOf(error) === "EACCES" ? unreadable(relative) : error;
    });
    outputs.push({ path: relative, sizeBytes: size, digest });
  }
  return outputs.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** @param {string} link */
function resolveLink(link) {
  try {
    return realpathSync(link);
  } catch {
    return null;
  }
}
