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
/** @typedef {(error: Refusal) => void} Refuse */

/** Why one output cannot be kept; the others can. */
class Refusal extends JobFailure {}

/** Some outputs could not be kept, which the job is told of; those that could go with it. */
export class OutputsRefused extends JobFailure {
  /** @param {Refusal[]} refusals @param {{ path: string, sizeBytes: number, digest: string }[]} outputs */
  constructor(refusals, outputs) {
    const more = refusals.length - 1;
    super(
      `${refusals[0]?.message}${more > 0 ? ` (and ${more} more ${more === 1 ? "output is" : "outputs are"} not kept)` : ""}`,
    );
    this.outputs = outputs;
  }
}

/** What `look` answers; undefined where an output is refused. @template T @param {Refuse} refuse @param {() => T} look @returns {T | undefined} */
function unlessRefused(refuse, look) {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refuse(error);
    return undefined;
  }
}

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
  new Refusal(`Output ${spelled(relative)} may not be read: give its owner the right to`);

/** @param {string} folder @param {string} relative */
function openFolder(folder, relative) {
  try {
    return opendirSync(folder, { encoding: /** @type {BufferEncoding} */ ("buffer") });
  } catch (error) {
    throw codeOf(error) === "EACCES" ? unreadable(relative.replace(/\/$/, "")) : error;
  }
}

/** Names in a folder, of which `prefix` is the path. @param {string} folder @param {string} prefix @param {() => void} count @param {Refuse} refuse */
function namesIn(folder, prefix, count, refuse) {
  const names = [];
  const entries = openFolder(folder, prefix);
  try {
    for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
      count();
      const name = Buffer.from(entry.name);
      if (!isUtf8(name)) {
        const whole = spelled(Buffer.concat([Buffer.from(prefix), name]));
        refuse(new Refusal(`Output ${whole} has a name that is not UTF-8: rename it`));
      } else if (Buffer.byteLength(prefix) + name.length > MAX_PATH_BYTES) {
        const begin = spelled(`${prefix}${name.toString()}`.slice(0, 80));
        const limit = `more than ${MAX_PATH_BYTES} bytes`;
        refuse(
          new Refusal(`Output ${begin}… has a path of ${limit}: use shorter names, or write an archive`),
        );
      } else names.push(name.toString());
    }
  } finally {
    entries.closeSync();
  }
  return names;
}

/** @param {Buffer} bytes @param {string} begin */
const startsWith = (bytes, begin) => bytes.subarray(0, Buffer.byteLength(begin)).equals(Buffer.from(begin));

/** The file that an entry stands for; null for what is no file. @param {string} root @param {string} full @param {string} relative @param {number | null} uid */
function fileAt(root, full, relative, uid) {
  if (lstatSync(full).isSymbolicLink()) {
    const target = resolveLink(full);
    if (target === null || !startsWith(target, root + path.sep)) {
      throw new Refusal(
        `Output ${spelled(relative)} is a symbolic link that leaves the output folder: write a copy of the file instead`,
      );
    }
    if (!isUtf8(target)) {
      throw new Refusal(
        `Output ${spelled(relative)} is a symbolic link to a file whose name is not UTF-8: rename that`,
      );
    }
  }
  const stat = statSync(full);
  if (!stat.isFile()) return null;
  if (uid !== null && stat.uid !== uid) {
    throw new Refusal(`Output ${spelled(relative)} is not a file of the job: write a copy of it instead`);
  }
  return stat;
}

/** @param {string} root @param {number | null} uid @param {() => void} checkStop @param {number} maxEntries @param {Refuse} refuse @returns {Found[]} */
function findOutputs(root, uid, checkStop, maxEntries, refuse) {
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
    const folder = prefix;
    const names = unlessRefused(refuse, () => namesIn(path.join(root, folder), folder, count, refuse));
    for (const name of names ?? []) {
      const relative = prefix + name;
      const full = path.join(root, relative);
      if (lstatSync(full).isDirectory()) {
        waiting.push(`${relative}/`);
        continue;
      }
      const stat = unlessRefused(refuse, () => fileAt(root, full, relative, uid));
      if (!stat) continue;
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
 * leaves the folder fails the job, as does a file that is not the job's own: a hard link to one of somebody else. So does a name that
 * nobody could read; what else there is goes with that failure (`OutputsRefused`).
 * @param {string} out @param {number | null} uid the job's user
 * @param {() => void} checkStop throws when the attempt has to end
 * @param {number} [maxEntries] of files, folders and other things
 * @returns {Promise<{ path: string, sizeBytes: number, digest: string }[]>}
 */
export async function collectOutputs(out, uid, checkStop, maxEntries = MAX_ENTRIES) {
  const root = realpathSync(out);
  const outputs = [];
  /** @type {Refusal[]} */
  const refusals = [];
  const refuse = (/** @type {Refusal} */ error) => void refusals.push(error);
  for (const { path: relative, full, size } of findOutputs(root, uid, checkStop, maxEntries, refuse)) {
    const digest = await digestOfFile(full, checkStop).catch((error) => {
      if (codeOf(error) !== "EACCES") throw error;
      refuse(unreadable(relative));
      return null;
    });
    if (digest !== null) outputs.push({ path: relative, sizeBytes: size, digest });
  }
  outputs.sort((a, b) => (a.path < b.path ? -1 : 1));
  if (refusals.length > 0) throw new OutputsRefused(refusals, outputs);
  return outputs;
}

/** Byte for byte: a name that is no text would come back as another. @param {string} link */
function resolveLink(link) {
  try {
    return realpathSync(link, "buffer");
  } catch {
    return null;
  }
}
