import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { createCgroup } from "../../cluster/local/shim/cgroup.mjs";
import { hasNamespaces, startIsolated, type Isolation } from "../../cluster/local/shim/isolation.mjs";
import { identityOf, memoryOf } from "../../cluster/local/shim/process-table.mjs";
import { MARKER_NAME, ProcessTree } from "../../cluster/local/shim/process-tree.mjs";
import { log } from "@/server/core/log";
import type { Engine, Launched, LaunchOptions } from "../process/launch";
import { NICENESS, withoutNetwork } from "../process/start-child";

const MIB = 1024 ** 2;
const PROGRAM = path.join(import.meta.dirname, "serve.py");
/** What it imports from beside it. */
const MODULES = ["modelworks_tensors.py", "modelworks_values.py"].map((name) =>
  path.join(import.meta.dirname, name),
);
/** Processes and threads of one model where it has a user of its own, which is what the kernel counts by. */
const MAX_PROCESSES = 256;
/** Of the model's memory, for each of /tmp and /dev/shm, which lie in it. */
const SCRATCH_SHARE = 0.25;
/** How often what a model does between requests is looked at. */
const LOOK_MS = 2_000;
/** Short, so that a model which used up its share waits milliseconds for the next. */
const PERIOD_US = 10_000;
/** Descriptor of the frames, after those that isolation needs. */
const CHANNEL = 6;
/** Joins the cgroups, bounds what only a process can bound for itself, and becomes the command. */
const WRAPPER = `
while [ "$1" != -- ]; do { echo $$ > "$1"; } 2>/dev/null; shift; done
shift; { echo 500 > /proc/self/oom_score_adj; } 2>/dev/null
ulimit -c 0; ulimit -n 1024; ulimit -d "$1" 2>/dev/null; shift
exec "$@"`;

/** Nothing of ours, and nobody is told that a model is served. Numeric libraries start a thread for every CPU they see unless told otherwise. */
const environmentOf = (home: string, threads: number): Record<string, string> => ({
  LANG: "C.UTF-8",
  HOME: home,
  TMPDIR: home,
  PATH: "/usr/bin:/bin",
  PYTHONDONTWRITEBYTECODE: "1",
  MLFLOW_DISABLE_TELEMETRY: "true",
  DO_NOT_TRACK: "1",
  HF_HUB_OFFLINE: "1",
  GIT_PYTHON_REFRESH: "quiet",
  MLFLOW_TRACKING_URI: `file://${home}`,
  ...Object.fromEntries(
    [
      "OMP_NUM_THREADS",
      "OPENBLAS_NUM_THREADS",
      "MKL_NUM_THREADS",
      "VECLIB_MAXIMUM_THREADS",
      "NUMEXPR_NUM_THREADS",
    ].map((name) => [name, String(threads)]),
  ),
});

export interface PythonProcess {
  isolation: Isolation;
  /** The built environment, and what its programs need beside it. */
  environment: string;
  readable: readonly string[];
  searchPath: string;
  /** Folders that must not show through. */
  hidden: readonly string[];
}

let made = 0;

/** A folder that the model may write to, beside those of its files. */
function ownHome(folder: string, userId: number | undefined): string {
  const home = path.join(folder, "home");
  fs.mkdirSync(home, { recursive: true, mode: 0o700 });
  if (userId !== undefined) fs.chownSync(home, userId, userId);
  return home;
}

/** The processes of one model, wherever they went. */
function follow(
  pid: number,
  id: string,
  folder: string,
  cgroup: ReturnType<typeof createCgroup>,
  uid: number | null,
) {
  const leader = { pid, identity: identityOf(pid) ?? "" };
  const tree = new ProcessTree({ attemptId: id, folder }, leader, { alsoMembers: cgroup.pids, uid });
  const pids = () => (cgroup.folders.length > 0 ? cgroup.pids() : tree.members().map((row) => row.pid));
  return {
    residentBytes: (limitBytes: number) => memoryOf([...new Set(pids())], limitBytes),
    end: () =>
      tree
        .end(0)
        .then(
          (stuck) => stuck > 0 && log.warn({ pid, stuck }, "processes of a model did not end after KILL"),
        ),
  };
}

/** The engine of one Python model: the process of `serve.py` in the model's environment, isolated as jobs are. */
export function pythonEngine(parts: PythonProcess): Engine {
  return {
    launch: (options) => launch(parts, options),
    runtimeBytes: 640 * MIB,
    // Numeric libraries reserve far more than they use (PyTorch a gibibyte at its first answer). What is used is bounded by what is resident.
    reservedBytes: 4096 * MIB,
    // Importing what a model needs takes its time on a machine that is busy or cold.
    loadMs: 180_000,
    platform: "mlflow_pyfunc",
  };
}

function launch(parts: PythonProcess, { folder, userId, memory, cpuMilli }: LaunchOptions): Launched {
  made += 1;
  const id = `model-${process.pid}-${made}`;
  const { isolation, environment } = parts;
  const uid = isolation.level === "namespaces" || isolation.level === "none" ? null : (userId ?? null);
  const home = ownHome(folder, uid ?? undefined);
  const cgroup = createCgroup(id, { memoryBytes: memory.residentBytes, cpuMilli, periodUs: PERIOD_US });
  // Its own: what the one before has left is still being removed.
  const stage = `${folder}-jail-${made}`;
  const { child, release } = startIsolated({
    isolation,
    uid,
    jail: {
      stage,
      scratchBytes: Math.floor(memory.residentBytes * SCRATCH_SHARE),
      view: {
        searchPath: parts.searchPath,
        readable: [environment, ...parts.readable, PROGRAM, ...MODULES, folder],
        writable: [home],
        hidden: [...parts.hidden],
      },
    },
    command: [
      path.join(environment, "bin", "python"),
      "-I",
      PROGRAM,
      String(CHANNEL),
      String(uid === null ? 0 : MAX_PROCESSES),
      String(NICENESS),
    ],
    cwd: folder,
    env: environmentOf(home, Math.max(1, Math.round((cpuMilli ?? 1000) / 1000))),
    setupEnv: { LANG: "C.UTF-8", HOME: home, [MARKER_NAME]: id },
    wrap: (words) => [
      "-c",
      WRAPPER,
      "sh",
      ...cgroup.joinFiles,
      "--",
      String(Math.ceil(memory.dataBytes / 1024)),
      ...withoutNetwork(),
      ...words,
    ],
    talks: true,
  });
  const channel: unknown = child.stdio.at(CHANNEL);
  if (!(channel instanceof net.Socket)) throw new Error("a model's process has no channel");
  child.stdout?.resume();
  const pid = child.pid ?? 0;
  const tree = follow(pid, id, folder, cgroup, uid);
  const kill = () => {
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // Gone already.
    }
    // What is left in its namespace ends with the first process there; elsewhere it is looked for.
    release();
    if (!hasNamespaces(isolation)) void tree.end();
  };
  const looking = setInterval(() => {
    if (tree.residentBytes(memory.residentBytes) > memory.residentBytes) kill();
  }, LOOK_MS);
  looking.unref();
  return {
    child,
    channel,
    watched: -pid,
    begun: () => undefined,
    killCount: () => cgroup.killCount(),
    residentBytes: () => Promise.resolve(tree.residentBytes(memory.residentBytes)),
    kill,
    gone: () => {
      clearInterval(looking);
      kill();
      void removeLater(cgroup, stage);
    },
  };
}

const REMOVE_TRIES = 20;

/** The kernel frees a group when the last of its processes is gone, which takes a moment. */
async function removeLater(cgroup: ReturnType<typeof createCgroup>, stage: string): Promise<void> {
  for (let tries = 0; tries < REMOVE_TRIES && cgroup.pids().length > 0; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 100));
  cgroup.remove();
  await fs.promises.rm(stage, { recursive: true, force: true });
}
