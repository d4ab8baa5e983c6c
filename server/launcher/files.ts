import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { LauncherError } from "./launcher-error";

/** Makes a folder (and its parents) that only its owner may enter. */
export function makePrivateDir(dir: string): void {
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
}

const WORDS: Record<string, string> = {
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "the file system is read-only",
  ENOTDIR: "a part of the path is a file",
  EEXIST: "it is a file",
  ENOSPC: "the disk is full",
};

/** Lies in a home while it is restored: until then it is nobody's installation. */
export const HALF_RESTORED = "half-restored";

/** @throws LauncherError when a restore into the home runs, or was cut off */
export function refuseHalfRestored(home: string): void {
  if (!fs.existsSync(path.join(home, HALF_RESTORED))) return;
  throw new LauncherError(
    `The folder ${home} is half restored: a restore into it runs, or was cut off.`,
    `When none runs, remove it and restore again: rm -r "${home}"`,
  );
}

/** Makes the installation's folder and tries to write in it. @throws LauncherError in words */
export function makeHome(home: string): void {
  try {
    makePrivateDir(home);
    const probe = path.join(home, `.probe-${process.pid}`);
    fs.writeFileSync(probe, "");
    fs.rmSync(probe);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new LauncherError(
      `The folder ${home} cannot be used: ${WORDS[code] ?? code}.`,
      "Give it to this user, or choose another: MODELWORKS_HOME=/a/folder/of/yours npm start",
      { cause: error },
    );
  }
}

/** Writes a file that only its owner may read; readers see the old or the new text, never a part. */
export function writePrivateFile(file: string, text: string): void {
  makePrivateDir(path.dirname(file));
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  fs.writeFileSync(temporary, text, { mode: 0o600 });
  fs.renameSync(temporary, file);
}

/** The text of a file, or undefined when there is none. */
export function readIfPresent(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Reads a secret kept in a private file, and makes a random one of `bytes` bytes the first time. */
export function readOrCreateSecret(file: string, bytes = 32): string {
  const known = readIfPresent(file)?.trim();
  if (known) return known;
  const secret = randomBytes(bytes).toString("base64url");
  writePrivateFile(file, `${secret}\n`);
  return secret;
}

/** Gives a whole tree to another user, when its top does not already belong to it. */
export function chownTree(dir: string, uid: number, gid: number): void {
  if (fs.statSync(dir).uid === uid) return;
  for (const entry of fs.readdirSync(dir, { recursive: true, encoding: "utf8" })) {
    fs.lchownSync(path.join(dir, entry), uid, gid);
  }
  // Last, so that an interrupted run starts over.
  fs.chownSync(dir, uid, gid);
}
