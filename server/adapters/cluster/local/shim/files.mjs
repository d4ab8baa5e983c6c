// Small durable files, and the end of large trees.
import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import {
  createReadStream,
  openSync,
  writeSync,
  fsyncSync,
  closeSync,
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import path from "node:path";

const READ_CHUNK_BYTES = 1024 * 1024;

/** @param {string} file @param {string} text */
function writeBeside(file, text) {
  const draft = `${file}.${randomUUID()}.tmp`;
  const handle = openSync(draft, "wx", 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return draft;
}

/** @param {string} folder */
function syncFolder(folder) {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Replaces a file whole: a reader sees the old bytes or the new ones. @param {string} file @param {unknown} value */
export function replaceJson(file, value) {
  renameSync(writeBeside(file, JSON.stringify(value)), file);
}

/**
 * Creates a file with its whole content, durably, or leaves the one that is there.
 * @param {string} file @param {unknown} value @returns {boolean} whether this call created it
 */
export function createJson(file, value) {
  const draft = writeBeside(file, JSON.stringify(value));
  try {
    linkSync(draft, file);
    syncFolder(path.dirname(file));
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The parsed content, or null when there is no such file. @param {string} file @returns {any} */
export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** @param {unknown} error @returns {string | undefined} */
export function codeOf(error) {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/**
 * SHA-256 of a file.
 * @param {string} file @param {() => void} [checkStop] throws when reading on is of no use
 * @returns {Promise<string>} `sha256:<hex>`
 */
export async function digestOfFile(file, checkStop) {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: READ_CHUNK_BYTES })) {
    checkStop?.();
    hash.update(chunk);
  }
  return `sha256:${hash.digest("hex")}`;
}

/**
 * Removes a tree that a job made: deeper than a path may be long, with folders that not even their owner may enter, under names
 * that are no text. Node's own `rm` ends at each of these.
 * @param {string} folder
 */
export async function removeTree(folder) {
  const remove = () => succeeds("rm", ["-rf", "--", folder]);
  if ((await remove()) || ((await succeeds("chmod", ["-R", "u+rwx", "--", folder])) && (await remove())))
    return;
  throw new Error(`${path.basename(folder)} could not be removed`);
}

/** @param {string} program @param {string[]} args @returns {Promise<boolean>} */
function succeeds(program, args) {
  const child = spawn(program, args, { env: { PATH: "/usr/bin:/bin", LC_ALL: "C" }, stdio: "ignore" });
  return new Promise((resolve) => {
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 0));
  });
}

/** A failure whose message is for the user. */
export class JobFailure extends Error {}

/** A size in the unit people use: 1.5 GiB, 12 MiB, 3 KiB, 17 bytes. @param {number} bytes */
export function sizeInWords(bytes) {
  for (const [unit, scale] of /** @type {const} */ ([
    ["GiB", 2 ** 30],
    ["MiB", 2 ** 20],
    ["KiB", 2 ** 10],
  ])) {
    if (bytes >= scale) return `${Number((bytes / scale).toFixed(1))} ${unit}`;
  }
  return `${bytes} bytes`;
}
