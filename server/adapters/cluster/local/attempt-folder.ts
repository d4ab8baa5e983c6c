import { createHash } from "node:crypto";
import path from "node:path";
import { z } from "zod";
import { firstCharacters } from "@/server/core/characters";
import { invalid } from "@/server/core/errors";
import {
  ATTEMPT_PHASES,
  AttemptOutput,
  type AttemptSpec,
  type AttemptState,
  ISOLATION_LEVELS,
} from "../port";
import { readJson } from "./shim/files.mjs";

const ProcessMark = z.object({ pid: z.number(), identity: z.string() });

const SubmittedFile = z.object({ attemptId: z.string(), specHash: z.string(), submittedAt: z.string() });
const StartedFile = ProcessMark.extend({ at: z.string() });
const StateFile = z.object({
  phase: z.enum(ATTEMPT_PHASES),
  startedAt: z.string().nullable(),
  peakRssBytes: z.number(),
  cpuSeconds: z.number(),
  environmentKey: z.string().nullable(),
  leader: ProcessMark.nullable(),
  cgroups: z.array(z.string()),
  // Attempts of earlier releases say nothing of it.
  isolation: z.enum(ISOLATION_LEVELS).nullable().default(null),
  uid: z.number().nullable().default(null),
});
const StatusFile = StateFile.extend({
  reason: z.string(),
  exitCode: z.number().nullable().default(null),
  signal: z.string().nullable().default(null),
  outputs: z.array(AttemptOutput),
  endedAt: z.string(),
});
export type StatusFile = z.input<typeof StatusFile>;

const idPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/** The files of one attempt: `<root>/attempts/<attemptId>/…`. Error: `invalid` for an id that is no folder name. */
export function attemptFolder(root: string, attemptId: string) {
  if (!idPattern.test(attemptId)) throw invalid(`"${firstCharacters(attemptId, 80)}" is not an attempt id`);
  const folder = path.join(root, "attempts", attemptId);
  const at = (name: string) => path.join(folder, name);
  return {
    folder,
    spec: at("spec.json"),
    /** Earlier releases told an attempt's secrets by a file, which lies there until it starts. */
    earlierSecrets: at("secrets.json"),
    started: at("started.json"),
    state: at("state.json"),
    status: at("status.json"),
    stop: at("stop.json"),
    keeperErrors: at("keeper.err"),
    log: at("log"),
    out: at("out"),
  };
}
export type AttemptFolder = ReturnType<typeof attemptFolder>;

function read<T extends z.ZodType>(file: string, schema: T): z.output<T> | null {
  const value: unknown = readJson(file);
  return value === null ? null : schema.parse(value);
}

/** Who keeps the attempt; null before it started. */
export const readKeeper = (files: AttemptFolder) => read(files.started, StartedFile);
export const readSubmitted = (files: AttemptFolder) => read(files.spec, SubmittedFile);
export const readLive = (files: AttemptFolder) => read(files.state, StateFile);

/** The user that was taken for the attempt; null when it shares ours. */
export const readUid = (files: AttemptFolder) => read(files.state, StateFile)?.uid ?? null;

/** What the files say, without a look at processes; null for an unknown attempt. */
export function readState(files: AttemptFolder): AttemptState | null {
  const submitted = readSubmitted(files);
  if (submitted === null) return null;
  const { attemptId, submittedAt } = submitted;
  const status = read(files.status, StatusFile);
  if (status !== null) {
    const { leader: _leader, cgroups: _cgroups, uid: _uid, ...known } = status;
    return { attemptId, submittedAt, ...known };
  }
  const live = readLive(files);
  return {
    attemptId,
    submittedAt,
    phase: live?.phase ?? (readKeeper(files) === null ? "starting" : "preparing"),
    reason: null,
    exitCode: null,
    signal: null,
    startedAt: live?.startedAt ?? null,
    endedAt: null,
    peakRssBytes: live?.peakRssBytes ?? 0,
    cpuSeconds: live?.cpuSeconds ?? 0,
    environmentKey: live?.environmentKey ?? null,
    isolation: live?.isolation ?? null,
    outputs: [],
  };
}

/** What makes two submissions the same: all but the values of secrets, which may be issued anew, and local paths. */
export function specHash(spec: AttemptSpec): string {
  const { secretEnv, files, inputs, ...rest } = spec;
  const identity = {
    ...rest,
    secretNames: Object.keys(secretEnv).toSorted(),
    files: files.map(({ sourcePath: _path, ...file }) => file),
    inputs: inputs.map(({ sourcePath: _path, ...input }) => input),
    env: Object.entries(spec.env).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  };
  return createHash("sha256").update(JSON.stringify(identity)).digest("hex");
}
