// What goes into an attempt, by digest.
import { chmodSync, constants, copyFileSync, mkdirSync, statSync } from "node:fs";
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
