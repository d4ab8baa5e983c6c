import { appendFileSync, realpathSync, rmSync } from "node:fs";
import { log } from "@/server/core/log";
import type { AttemptState } from "../port";
import { type AttemptFolder, readKeeper, readLive, readState, type StatusFile } from "./attempt-folder";
import { cgroupPids, removeCgroups } from "./shim/cgroup.mjs";
import { createJson } from "./shim/files.mjs";
import { lastPart } from "./shim/log-files.mjs";
import { identityOf, isAlive } from "./shim/process-table.mjs";
import { ProcessTree } from "./shim/process-tree.mjs";

const REASON = "Lost: the process that kept the job ended unexpectedly, so the job was ended too";

/**
 * An attempt that seems to run while its keeper is dead: ends all its processes and records it as `lost`. Any other
 * attempt is left as it is.
 */
export async function endIfLost(files: AttemptFolder, seen: AttemptState): Promise<AttemptState> {
  const keeper = readKeeper(files);
  if (keeper === null || isAlive(keeper)) return seen;
  // The keeper writes the status before it ends: dead and without status, after this second look, means lost.
  const again = readState(files);
  if (again === null || again.endedAt !== null) return again ?? seen;
  const live = readLive(files);
  const cgroups = live?.cgroups ?? [];
  const tree = new ProcessTree(
    { attemptId: seen.attemptId, folder: realpathSync(files.folder) },
    live?.leader ?? null,
    { alsoMembers: () => cgroupPids(cgroups), uid: live?.uid ?? null },
  );
  const stuck = await tree.end(0);
  removeCgroups(cgroups);
  log.warn({ attemptId: seen.attemptId, stuck }, "attempt lost: its keeper died");
  appendFileSync(lastPart(files.log), `${new Date().toISOString()} s ${REASON}\n`, { mode: 0o600 });
  recordEnd(files, again, "lost", REASON);
  return readState(files) ?? again;
}

/** Writes how an attempt without a keeper ended; the first writer wins. */
export function recordEnd(
  files: AttemptFolder,
  state: AttemptState,
  phase: "lost" | "cancelled",
  reason: string,
): void {
  const status: StatusFile = {
    phase,
    reason,
    startedAt: state.startedAt,
    peakRssBytes: state.peakRssBytes,
    cpuSeconds: state.cpuSeconds,
    environmentKey: state.environmentKey,
    isolation: state.isolation,
    uid: null,
    leader: null,
    cgroups: [],
    outputs: [],
    endedAt: new Date().toISOString(),
  };
  createJson(files.status, status);
}

/** Takes the place of the keeper of an attempt that never started, so that it never will; false when one is there. */
export function preventStart(files: AttemptFolder): boolean {
  const isPrevented = createJson(files.started, {
    pid: process.pid,
    identity: identityOf(process.pid) ?? "",
    at: new Date().toISOString(),
  });
  if (isPrevented) rmSync(files.earlierSecrets, { force: true });
  return isPrevented;
}
