import fs from "node:fs";
import path from "node:path";
import { z } from "zod";
import { makePrivateDir, readIfPresent, writePrivateFile } from "./files";
import { LauncherError } from "./launcher-error";
import { endProcess, isSameProcess, signalProcess, startTimeOf } from "./process-table";

const Running = z.object({
  pid: z.number().int(),
  startTime: z.string(),
  /** Which folder the note was written in; notes of earlier releases do not say. */
  folder: z.string().optional(),
});

/** The folder itself, not its name: a copy of a home holds notes about processes of the original, which are not its own. */
function folderOf(home: string): string {
  const { dev, ino } = fs.statSync(path.join(home, "run"), { bigint: true });
  return `${dev}:${ino}`;
}

/** What a note says of a process that still runs and is this home's own. */
function ownProcess(home: string, file: string): z.infer<typeof Running> | undefined {
  const noted = readRecord(file);
  if (!noted || (noted.folder !== undefined && noted.folder !== folderOf(home))) return undefined;
  return isSameProcess(noted.pid, noted.startTime) ? noted : undefined;
}

/** Notes under `<home>/run` which process is which, so that a later start knows what an earlier one left. */
export function recordProcess(home: string, name: string, pid: number): void {
  const startTime = startTimeOf(pid);
  makePrivateDir(path.join(home, "run"));
  if (startTime)
    writePrivateFile(recordFile(home, name), JSON.stringify({ pid, startTime, folder: folderOf(home) }));
}

/** Removes the note of a process that ended. */
export function forgetProcess(home: string, name: string): void {
  fs.rmSync(recordFile(home, name), { force: true });
}

/**
 * Makes this process the one launcher of the home. Throws a LauncherError that names the running one.
 * Returns the release.
 */
export function claimHome(home: string): () => void {
  makePrivateDir(path.join(home, "run"));
  const file = recordFile(home, "launcher");
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      const own = JSON.stringify({
        pid: process.pid,
        startTime: startTimeOf(process.pid),
        folder: folderOf(home),
      });
      fs.writeFileSync(file, own, { flag: "wx", mode: 0o600 });
      return () => forgetProcess(home, "launcher");
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const other = ownProcess(home, file);
    if (other) {
      throw new LauncherError(
        `Modelworks already runs in ${home} (process ${other.pid}).`,
        `Stop it with \`kill ${other.pid}\`, or give this one its own folder: MODELWORKS_HOME=.modelworks-2 PORT=3001 GATEWAY_PORT=8081 npm start`,
      );
    }
    fs.rmSync(file, { force: true });
  }
  throw new LauncherError(
    "Another Modelworks starts in the same folder.",
    "Wait a moment, then start again.",
  );
}

/** Ends the processes that a killed launcher of this home left running. Returns their names. */
export async function endLeftovers(home: string): Promise<string[]> {
  const ended: string[] = [];
  const names = fs.readdirSync(path.join(home, "run")).filter((name) => name.endsWith(".json"));
  for (const name of names.filter((name) => name !== "launcher.json")) {
    const file = path.join(home, "run", name);
    const left = ownProcess(home, file);
    if (left) {
      const gone = await endProcess(left.pid, [{ signal: "SIGTERM", timeoutMs: 10_000 }]);
      if (!gone) await endProcess(left.pid, [{ signal: "SIGKILL", timeoutMs: 5_000 }]);
      // What the process itself started sits in the same process group.
      signalProcess(-left.pid, "SIGKILL");
      ended.push(path.basename(name, ".json"));
    }
    fs.rmSync(file, { force: true });
  }
  return ended;
}

function recordFile(home: string, name: string): string {
  return path.join(home, "run", `${name}.json`);
}

function readRecord(file: string): z.infer<typeof Running> | undefined {
  try {
    const parsed = Running.safeParse(JSON.parse(readIfPresent(file) ?? "null"));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
