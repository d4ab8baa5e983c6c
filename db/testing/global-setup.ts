import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { endProcess, isSameProcess, startTimeOf } from "@/server/launcher/process-table";
import { readIfPresent } from "@/server/launcher/files";

const PREFIX = "modelworks-test-";
const Owner = "owner.json";

declare module "vitest" {
  export interface ProvidedContext {
    /** Folder of this test run; the first database test starts Postgres in it. */
    testHome: string;
  }
}

/**
 * Gives the run a folder and nothing else: a run of pure tests never pays for a database. Afterwards ends the
 * server that the first database test may have started, and whatever an aborted run left behind.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  for (const name of fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith(PREFIX))) {
    await removeIfAbandoned(path.join(os.tmpdir(), name));
  }
  const home = fs.mkdtempSync(path.join(os.tmpdir(), PREFIX));
  fs.writeFileSync(
    path.join(home, Owner),
    JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid) }),
  );
  project.provide("testHome", home);
  return () => removeHome(home);
}

async function removeIfAbandoned(home: string): Promise<void> {
  // Another user's run is not ours to judge, nor readable.
  if (fs.statSync(home, { throwIfNoEntry: false })?.uid !== process.getuid?.()) return;
  const owner: unknown = JSON.parse(readIfPresent(path.join(home, Owner)) ?? "null");
  if (typeof owner !== "object" || owner === null || !("pid" in owner) || !("startTime" in owner)) return;
  if (!isSameProcess(Number(owner.pid), String(owner.startTime))) await removeHome(home);
}

async function removeHome(home: string): Promise<void> {
  const pid = Number(readIfPresent(path.join(home, "pg", "data", "postmaster.pid"))?.split("\n")[0]);
  // Nothing in it is kept, so it need not write a checkpoint.
  if (pid > 1) {
    await endProcess(pid, [
      { signal: "SIGQUIT", timeoutMs: 3_000 },
      { signal: "SIGKILL", timeoutMs: 3_000 },
    ]);
  }
  fs.rmSync(home, { recursive: true, force: true });
}
