import { z } from "zod";

const name = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, "letters, digits, dot, dash and underscore");
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, "sha256: and 64 lower-case hex digits");
const relativePath = z
  .string()
  .min(1)
  .max(1024)
  .refine((value) => !value.startsWith("/") && !value.split("/").includes("..") && !value.includes("\0"), {
    message: "a path inside the folder",
  });
const variables = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().max(32_768));

/** A file of the job itself (its code), placed in the work folder. `sourcePath` is a file on this machine. */
export const MaterialFile = z.object({ path: relativePath, digest, sourcePath: z.string() });

/** An input file, placed read-only at `inputs/<name>/<path>`; the attempt fails when the bytes do not match. */
export const InputFile = MaterialFile.extend({ name });

/** What a cluster needs to run one attempt of a job. The same attempt may be submitted any number of times. */
export const AttemptSpec = z.object({
  attemptId: name,
  /** Program and arguments; `python` is that of the environment when there is one. Runs in the work folder. */
  command: z.array(z.string()).min(1),
  files: z.array(MaterialFile).default([]),
  inputs: z.array(InputFile).default([]),
  /** Plain variables, visible to whoever may see the job. */
  env: variables.default({}),
  /** Secret variables: never in the specification on disk, redacted in the log, not part of the attempt's identity. */
  secretEnv: variables.default({}),
  /** A Python environment from the content of a locked requirements file. */
  python: z
    .object({ requirements: z.string().max(1_000_000) })
    .nullable()
    .default(null),
  limits: z
    .object({
      memoryBytes: z.int().positive().optional(),
      cpuMilli: z.int().positive().optional(),
      /** Wall time of the command itself; preparing has its own limit. */
      timeoutMs: z.int().positive().optional(),
      /** Bound on address space, for programs that do not reserve much more than they use (not numpy). */
      addressSpaceBytes: z.int().positive().optional(),
    })
    .default({}),
});
export type AttemptSpec = z.output<typeof AttemptSpec>;
export type AttemptSpecInput = z.input<typeof AttemptSpec>;

export const ATTEMPT_PHASES = [
  "starting",
  "preparing",
  "running",
  "succeeded",
  "failed",
  "cancelled",
  "timed_out",
  "out_of_memory",
  "lost",
] as const;
export type AttemptPhase = (typeof ATTEMPT_PHASES)[number];

/**
 * How far an attempt was kept apart from the portal and from other attempts. `namespaces+user`: a user of its own that sees only
 * its own files, processes and devices. `namespaces`: the same sight, as the portal's own user. `user`: a user of its own, which
 * sees the system but reads nothing of the portal. `none`: as the portal's own user.
 */
export const ISOLATION_LEVELS = ["namespaces+user", "namespaces", "user", "none"] as const;
export type IsolationLevel = (typeof ISOLATION_LEVELS)[number];

const OPEN_PHASES: ReadonlySet<AttemptPhase> = new Set(["starting", "preparing", "running"]);

/** Whether an attempt in this phase has ended for good. */
export function isTerminal(phase: AttemptPhase): boolean {
  return !OPEN_PHASES.has(phase);
}

export const AttemptOutput = z.object({ path: z.string(), sizeBytes: z.number(), digest });
export type AttemptOutput = z.output<typeof AttemptOutput>;

/** What is known of an attempt. */
export interface AttemptState {
  attemptId: string;
  /** `starting`: accepted, nothing runs yet; submitting it again starts it if its submitter died. */
  phase: AttemptPhase;
  /** How it ended, in words; null while it runs. */
  reason: string | null;
  exitCode: number | null;
  signal: string | null;
  submittedAt: string;
  startedAt: string | null;
  endedAt: string | null;
  peakRssBytes: number;
  cpuSeconds: number;
  environmentKey: string | null;
  /** Null until it is known, and for attempts that ended before they began. */
  isolation: IsolationLevel | null;
  /** Files of the output folder, when the command succeeded; those that could be kept, when others could not. */
  outputs: AttemptOutput[];
}

/** A piece of a log: whole lines, except for a line longer than the piece. */
export interface LogPiece {
  bytes: Buffer;
  nextOffset: number;
  /** Nothing will follow: the attempt has ended and this is its last byte. */
  eof: boolean;
}

export interface StopRequest {
  /** Time between TERM and KILL. Without it, 10 s. */
  graceMs?: number;
  /** How the attempt will have ended, such as "Cancelled by Ada". */
  reason: string;
}

/** What a machine has for jobs. */
export interface Machine {
  cpuMilli: number;
  memoryBytes: number;
  /** By model, in the maker's words. */
  gpus: { title: string; count: number }[];
}

export interface Reconciliation {
  /** Attempts that ran here unknown to the caller, now ended. */
  endedOrphans: AttemptState[];
  /** Known attempts whose keeper had died; their processes are ended. */
  lost: AttemptState[];
  /** Known attempts of which this cluster has nothing: submit them again or give them up. */
  missing: string[];
}

/** A place where users' jobs run. Every method is safe to repeat and safe from several processes at once. */
export interface Cluster {
  /**
   * Starts an attempt exactly once; a second submit of the same attempt adopts the first. Errors: `invalid`;
   * `conflict` when the attempt was submitted with another specification; `unavailable` when it does not start.
   */
  submit(spec: AttemptSpecInput): Promise<AttemptState>;
  /** The state now, or null for an unknown attempt. An attempt whose keeper died is ended and found `lost`. */
  observe(attemptId: string): Promise<AttemptState | null>;
  /** The states of those of these attempts that are known, for those who follow many: one question, where the engine has one. */
  observeMany(attemptIds: readonly string[]): Promise<ReadonlyMap<string, AttemptState>>;
  /** Asks an attempt to end: TERM to all its processes, a grace time, KILL. Answers at once. Error: `not_found`. */
  stop(attemptId: string, request: StopRequest): Promise<AttemptState>;
  /** The log from a byte on. Error: `not_found`. */
  tailLog(attemptId: string, fromByte: number, maxBytes?: number): Promise<LogPiece>;
  /** The log from a byte on as it grows, to the end of the attempt or of `signal`. Error: `not_found`. */
  followLog(
    attemptId: string,
    options?: { fromByte?: number; signal?: AbortSignal },
  ): AsyncIterable<LogPiece>;
  /** A file on this machine that holds an output. Errors: `not_found`, `invalid` for a path outside. */
  outputPath(attemptId: string, path: string): Promise<string>;
  /** Brings the cluster in line with what the caller knows. Orphans younger than the grace time are left. */
  reconcile(knownAttemptIds: readonly string[]): Promise<Reconciliation>;
  list(): Promise<AttemptState[]>;
  /** The name of this machine, or cluster, among others on one database: an attempt is known where it was submitted, and nowhere else. */
  place(): Promise<string>;
  /** What there is for jobs, found by looking. */
  machine(): Promise<Machine>;
  /** How far jobs are kept apart here, found by trying it once. */
  isolation(): Promise<IsolationLevel>;
  /** Forgets an ended attempt with its files; false when there is none. Error: `conflict` while it runs. */
  remove(attemptId: string): Promise<boolean>;
}
