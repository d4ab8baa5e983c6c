import { spawn } from "node:child_process";
import os from "node:os";
import path from "node:path";
import { z } from "zod";
import { lastCharacters } from "@/server/core/characters";
import { AppError, invalid } from "@/server/core/errors";
import { log } from "@/server/core/log";
import type { Isolation } from "../../cluster/local/shim/isolation.mjs";
import type { PythonEnvironment } from "../port";
import { inWords } from "../process/host-rules";
import { NICENESS } from "../process/start-child";

/** Where and with what environments of Python models are built: as those of jobs are, and beside them. */
export interface PythonSettings {
  /** Folder of environments. */
  root: string;
  /** The installation's own folder, hidden from what is built and served. */
  home: string;
  /** The Python to build with where a model asks for none. */
  python?: string | undefined;
  /** Search path for finding Python. */
  path?: string | undefined;
  /** What pip needs to reach packages (see `pickBuildEnv`). Models do not see it. */
  buildEnv: Record<string, string>;
}

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const PROGRAM = path.join(import.meta.dirname, "build", "main.mjs");
const COMPLAINT_CHARACTERS = 4_000;
const LEAST_PRIORITY = 19;

const Isolated = z.object({
  level: z.enum(["namespaces+user", "namespaces", "user", "none"]),
  nested: z.boolean(),
  range: z.object({ first: z.number(), count: z.number() }).nullable(),
});
const Resolved = z.object({ lock: z.string() });
const Prepared = z.object({ folder: z.string(), readable: z.array(z.string()) });
const Answer = z.union([
  z.object({ answer: z.unknown() }).refine((value) => "answer" in value && value.answer !== undefined),
  z.object({ problem: z.string(), detail: z.string(), isTold: z.boolean() }),
]);

export type Prepared = z.infer<typeof Prepared>;

type Task = { op: "probe" } | { op: "resolve" | "prepare"; requirements: string; python: string };

/** Locks what a Python model requires, and builds environments from such locks. Each work is done in a process of its own. */
export class PythonEnvironments {
  private probed: Promise<Isolation> | undefined;

  constructor(readonly settings: PythonSettings) {}

  get searchPath(): string {
    return this.settings.path ?? DEFAULT_PATH;
  }

  /** How far models are kept apart on this machine, found by trying it once. */
  isolation(): Promise<Isolation> {
    this.probed ??= this.ask({ op: "probe" }, null).then((found) => Isolated.parse(found));
    this.probed.catch(() => (this.probed = undefined));
    return this.probed;
  }

  /**
   * Every package that requirements lead to now, with hashes, for a version of Python.
   * @throws AppError `invalid` when pip finds none, or this machine lacks that Python.
   */
  async resolve(requirements: string, python: string): Promise<PythonEnvironment> {
    const found = await this.ask({ op: "resolve", requirements, python }, await this.isolation());
    return { ...Resolved.parse(found), python };
  }

  /** The environment of a lock, built if this machine does not have it yet. @throws AppError */
  async prepare({ lock, python }: PythonEnvironment): Promise<Prepared & { isolation: Isolation }> {
    const isolation = await this.isolation();
    const found = await this.ask({ op: "prepare", requirements: lock, python }, isolation);
    return { ...Prepared.parse(found), isolation };
  }

  private ask(task: Task, isolation: Isolation | null): Promise<unknown> {
    const { root, home, python = null, buildEnv } = this.settings;
    const child = spawn(process.execPath, [PROGRAM], {
      cwd: "/",
      env: { PATH: this.searchPath } as never,
      stdio: ["pipe", "pipe", "pipe"],
    });
    // Before it starts pip, which takes a whole processor for minutes: what answers people and other programs goes first.
    if (child.pid !== undefined)
      os.setPriority(child.pid, Math.min(LEAST_PRIORITY, os.getPriority() + NICENESS));
    const answer: Buffer[] = [];
    let complaint = "";
    child.stdout.on("data", (chunk: Buffer) => answer.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => {
      complaint = lastCharacters(complaint + chunk.toString("utf8"), COMPLAINT_CHARACTERS);
    });
    child.stdin.on("error", () => undefined);
    const settings = {
      root: path.resolve(root),
      home: path.resolve(home),
      python,
      path: this.searchPath,
      buildEnv,
    };
    child.stdin.end(JSON.stringify({ owner: process.pid, settings, task, isolation }));
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => {
        try {
          const read = Answer.parse(JSON.parse(Buffer.concat(answer).toString("utf8")));
          if ("answer" in read) resolve(read.answer);
          else {
            log.warn({ ...read, complaint }, "an environment of a Python model could not be prepared");
            reject(problemOf(read));
          }
        } catch (error) {
          log.warn({ err: error, code, complaint }, "preparing an environment of a Python model ended early");
          reject(new AppError("unavailable", "Its Python environment could not be prepared."));
        }
      });
    });
  }
}

/** pip's own words name places and addresses of this machine; people get what is about the packages. */
const problemOf = ({ problem, isTold }: { problem: string; isTold: boolean }) =>
  isTold
    ? invalid(
        `Its Python environment cannot be built: ${inWords(problem.replaceAll(/\bhttps?:\/\/\S+/g, "…"))}`,
        "Correct the requirements that are logged with the model, and register it again.",
      )
    : new AppError("unavailable", "Its Python environment could not be prepared.");
