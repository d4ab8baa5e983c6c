// What goes into an attempt and what comes out of it, by digest.
import {
  chmodSync,
  constants,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  statSync,
} from "node:fs";
import path from "node:path";
import { codeOf, digestOfFile, JobFailure, sizeInWords } from "./files.mjs";

/** @param {string} folder @param {string} relative @param {string} what */
function inside(folder, relative, what) {
  const full = path.resolve(folder, relative);
  if (path.isAbsolute(relative) || !full.startsWith(folder + path.sep)) {
    throw new JobFailure(`${what} "${relative}" lies outside its folder`);
  }
  return full;
}

/**
 * Copies one file (sharing blocks where the file system can) and checks what arrived. A copy, not a hard link: the
 * job runs as our user, and a write through a link would reach the stored blob.
 * @param {{ digest: string, sourcePath: string }} item @param {string} target @param {number} mode @param {string} what
 */
async function place(item, target, mode, what) {
  mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 });
  try {
    copyFileSync(item.sourcePath, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT")
      throw new JobFailure(`${what} is missing: ${item.digest} is not in the object store`);
    if (code === "ENOSPC") throw new JobFailure(`${what} does not fit: the disk of this machine is full`);
    if (code === "EEXIST") throw new JobFailure(`${what} is given twice`);
    throw error;
  }
  const actual = await digestOfFile(target);
  if (actual !== item.digest) {
    throw new JobFailure(
      `${what} does not have its recorded digest: expected ${item.digest}, found ${actual}`,
    );
  }
  chmodSync(target, mode);
}

/**
 * Lays out the job's own files in its work folder and its inputs under `inputs/<name>/`, each checked.
 * @param {string} work @param {{ files: any[], inputs: any[] }} spec
 * @param {import("./job-log.mjs").JobLog} log @param {() => void} checkStop
 */
export async function placeMaterials(work, spec, log, checkStop) {
  for (const file of spec.files) {
    checkStop();
    await place(file, inside(work, file.path, "File"), 0o600, `File ${file.path}`);
  }
  const inputs = path.join(work, "inputs");
  mkdirSync(inputs, { recursive: true, mode: 0o700 });
  for (const input of spec.inputs) {
    checkStop();
    const target = inside(inside(inputs, input.name, "Input"), input.path, "Input");
    await place(input, target, 0o400, `Input ${input.name}/${input.path}`);
    log.say(
      `Input ${input.name}/${input.path} verified (${sizeInWords(statSync(target).size)}, ${input.digest})`,
    );
  }
}

/**
 * Every file that the job left in its output folder. A symbolic link counts as the file it points to, and one that
 * leaves the folder fails the job, as does a file that is not the job's own: a hard link to one of somebody else.
 * @param {string} out @param {number | null} uid the job's user @returns {Promise<{ path: string, sizeBytes: number, digest: string }[]>}
 */
export async function collectOutputs(out, uid) {
  const root = realpathSync(out);
  const outputs = [];
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const full = path.join(entry.parentPath, entry.name);
    const relative = path.relative(root, full).split(path.sep).join("/");
    if (entry.isSymbolicLink()) {
      const target = resolveLink(full);
      if (target === null || !target.startsWith(root + path.sep)) {
        throw new JobFailure(
          `Output "${relative}" is a symbolic link that leaves the output folder: write a copy of the file instead`,
        );
      }
      if (!lstatSync(target).isFile()) continue;
    } else if (!entry.isFile()) continue;
    const { size, uid: owner } = statSync(full);
    if (uid !== null && owner !== uid) {
      throw new JobFailure(`Output "${relative}" is not a file of the job: write a copy of it instead`);
    }
    outputs.push({ path: relative, sizeBytes: size, digest: await digestOfFile(full) });
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
