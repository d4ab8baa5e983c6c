import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { realpath } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { conflict, invalid, notFound } from "@/server/core/errors";
import { AttemptSpec, type AttemptState, type Cluster, isTerminal, type StopRequest } from "../port";
import {
  type AttemptFolder,
  attemptFolder,
  readKeeper,
  readState,
  readSubmitted,
  readUid,
  specHash,
} from "./attempt-folder";
import { endIfLost, preventStart, recordEnd } from "./end-lost-attempt";
import { launchKeeper } from "./launch-keeper";
import { lookAtMachine } from "./machine";
import { reconcile } from "./reconcile";
import { followLogPieces, readLogPiece } from "./read-log";
import { createJson, readJson, removeTree, replaceJson } from "./shim/files.mjs";
import { probeIsolation } from "./shim/isolation.mjs";

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const DEFAULT_STOP_GRACE_MS = 10_000;

/** Settings of the local cluster. */
export interface LocalClusterSettings {
  /** Folder for attempts and environments. */
  root: string;
  /** The installation's own folder, above `root`: hidden from jobs, where the system allows it. */
  home?: string;
  /** The Python to build environments with; without it, the newest of 3.13 to 3.10 on `path`. */
  python?: string | undefined;
  /** Search path for jobs and for finding Python. */
  path?: string | undefined;
  /** What pip needs to reach packages (see `pickBuildEnv`). Jobs do not see it. */
  buildEnv?: Record<string, string>;
  logMaxBytes?: number;
  /** Bound on preparing: copying inputs and building the environment. */
  prepareTimeoutMs?: number;
  /** Bound on reading the outputs that a job left. */
  collectTimeoutMs?: number;
  /** An unknown attempt younger than this is left by `reconcile`: its row may be about to commit. */
  orphanGraceMs?: number;
  /** Tests choose a lower level than this machine allows. */
  isolationAtMost?: "user";
}

async function removeFiles(root: string, files: AttemptFolder): Promise<void> {
  const user = readUid(files);
  await removeTree(files.folder);
  // Its user may be another's only when no file of it is left.
  if (user !== null) rmSync(path.join(root, "users", `${user}.json`), { force: true });
}

const keeperSettingsOf = (root: string, settings: LocalClusterSettings) => ({
  root,
  python: settings.python ?? null,
  path: settings.path ?? DEFAULT_PATH,
  hidden: [path.resolve(settings.home ?? root), root],
  logMaxBytes: settings.logMaxBytes ?? 50 * 1024 ** 2,
  prepareTimeoutMs: settings.prepareTimeoutMs ?? 30 * 60 * 1000,
  collectTimeoutMs: settings.collectTimeoutMs ?? 30 * 60 * 1000,
});

const PlaceFile = z.object({ id: z.string().min(1) });

/** The name that this root got when it was first asked for one. */
function placeOf(root: string): string {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const file = path.join(root, "place.json");
  const known: unknown = readJson(file);
  if (known !== null) return PlaceFile.parse(known).id;
  createJson(file, { id: randomUUID() });
  return PlaceFile.parse(readJson(file)).id;
}

const byAttempt = (states: readonly (AttemptState | null)[]): ReadonlyMap<string, AttemptState> =>
  new Map(states.flatMap((state) => (state === null ? [] : [[state.attemptId, state] as const])));

/**
 * Runs jobs as processes of this machine. Each attempt has a keeper process of its own, so a job outlives the death of
 * ours; all knowledge is in the attempt's folder, so any process can carry on.
 */
export function createLocalCluster(settings: LocalClusterSettings): Cluster {
  const root = path.resolve(settings.root);
  const filesOf = (attemptId: string) => attemptFolder(root, attemptId);
  const orphanGraceMs = settings.orphanGraceMs ?? 60_000;
  const keeperSettings = keeperSettingsOf(root, settings);

  let probed: ReturnType<typeof probeIsolation> | undefined;
  const isolation = () =>
    (probed ??= probeIsolation(
      root,
      settings.home ? [path.resolve(settings.home)] : [],
      settings.isolationAtMost,
    ));

  async function observe(attemptId: string): Promise<AttemptState | null> {
    const files = filesOf(attemptId);
    const state = readState(files);
    return state === null || isTerminal(state.phase) ? state : endIfLost(files, state);
  }

  async function require(attemptId: string): Promise<AttemptState> {
    const state = await observe(attemptId);
    if (state === null) throw notFound("attempt", attemptId);
    return state;
  }

  async function submit(input: Parameters<Cluster["submit"]>[0]): Promise<AttemptState> {
    const parsed = AttemptSpec.safeParse(input);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw invalid(`The job's ${issue?.path.join(".")} is not valid: ${issue?.message}`);
    }
    const { secretEnv, ...spec } = parsed.data;
    const { attemptId } = spec;
    const files = filesOf(attemptId);
    const hash = specHash(parsed.data);
    mkdirSync(files.folder, { recursive: true, mode: 0o700 });
    const submittedAt = new Date().toISOString();
    createJson(files.spec, {
      attemptId,
      specHash: hash,
      submittedAt,
      spec,
    });
    const submitted = readSubmitted(files);
    if (submitted?.specHash !== hash) {
      throw conflict(
        `Attempt ${attemptId} was submitted before with another specification`,
        "Use a new attempt.",
      );
    }
    if (readKeeper(files) === null) {
      await launchKeeper(files, {
        secrets: secretEnv,
        buildEnv: settings.buildEnv ?? {},
        settings: { ...keeperSettings, isolation: await isolation() },
      });
    }
    return require(attemptId);
  }

  async function stop(attemptId: string, request: StopRequest): Promise<AttemptState> {
    const files = filesOf(attemptId);
    const state = await require(attemptId);
    if (isTerminal(state.phase)) return state;
    const graceMs = request.graceMs ?? DEFAULT_STOP_GRACE_MS;
    // The first reason stands; a later request may only hurry it.
    const first = readJson(files.stop);
    if (first === null) createJson(files.stop, { reason: request.reason, graceMs });
    else if (graceMs < first.graceMs) replaceJson(files.stop, { ...first, graceMs });
    if (preventStart(files)) recordEnd(files, state, "cancelled", request.reason);
    return require(attemptId);
  }

  async function tailLog(attemptId: string, fromByte: number, maxBytes?: number) {
    if (!Number.isSafeInteger(fromByte) || fromByte < 0) throw invalid("A log is read from byte 0 or later");
    const state = await require(attemptId);
    return readLogPiece(filesOf(attemptId).log, fromByte, isTerminal(state.phase), maxBytes);
  }

  async function list(): Promise<AttemptState[]> {
    const states: AttemptState[] = [];
    const folder = path.join(root, "attempts");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const attemptId of readdirSync(folder)) {
      const state = await observe(attemptId);
      if (state !== null) states.push(state);
    }
    return states;
  }

  return {
    submit,
    observe,
    observeMany: async (attemptIds) => byAttempt(await Promise.all(attemptIds.map(observe))),
    stop,
    tailLog,
    followLog: (attemptId, { fromByte = 0, signal } = {}) =>
      followLogPieces((offset) => tailLog(attemptId, offset), fromByte, signal),
    async outputPath(attemptId, relative) {
      await require(attemptId);
      const { out } = filesOf(attemptId);
      const file = await realpath(path.resolve(out, relative)).catch(() => null);
      if (file === null) throw notFound("output", relative);
      if (!file.startsWith((await realpath(out)) + path.sep))
        throw invalid(`"${relative}" lies outside the outputs`);
      return file;
    },
    reconcile: (known) => reconcile({ root, orphanGraceMs, list, stop, require }, known),
    list,
    place: async () => placeOf(root),
    machine: () => lookAtMachine(keeperSettings.path),
    isolation: async () => (await isolation()).level,
    async remove(attemptId) {
      const state = await observe(attemptId);
      if (state === null) return false;
      if (!isTerminal(state.phase))
        throw conflict(`Attempt ${attemptId} is ${state.phase}`, "Stop it first.");
      await removeFiles(root, filesOf(attemptId));
      return true;
    },
  };
}
