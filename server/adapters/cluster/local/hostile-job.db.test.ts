import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase, waitFor } from "@/db/testing";
import { type Cluster, createLocalCluster, type IsolationLevel, isTerminal, pickBuildEnv } from "../index";
import { isKept } from "./testing";

/** A job that tries everything, on the real adapter, against real processes and files of an installation. */

const marker = `secret-${randomUUID()}`;
const daemon = `daemon-${randomUUID()}`;
const MIB = 1024 ** 2;
let database: TestDatabase;
let home: string;
/** Where pip finds packages, beside the installation. */
let packages: string;
let cluster: Cluster;
let level: IsolationLevel;
/** Stands for portal, worker and gateway: another process of the same installation, with a secret in its environment. */
let neighbour: ChildProcess;

const attempts = () => path.join(home, "jobs", "attempts");
const kept = (name: string): { pid: number } =>
  JSON.parse(readFileSync(path.join(attempts(), name, "started.json"), "utf8"));

async function install(atMost: "user" | undefined) {
  database = await createTestDatabase();
  home = mkdtempSync(path.join(realpathSync(tmpdir()), "mw-hostile-"));
  packages = mkdtempSync(path.join(realpathSync(tmpdir()), "mw-packages-"));
  chmodSync(packages, 0o755);
  for (const name of ["keys", "pg", "objects", "spool", "run"]) {
    mkdirSync(path.join(home, name), { mode: 0o700 });
    writeFileSync(path.join(home, name, "file"), marker, { mode: 0o600 });
  }
  writeFileSync(path.join(home, "auth-secret"), marker, { mode: 0o600 });
  neighbour = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)", marker], {
    env: { NODE_ENV: "production", AUTH_SECRET: marker },
    stdio: "ignore",
  });
  cluster = createLocalCluster({
    root: path.join(home, "jobs"),
    home,
    path: process.env.PATH,
    buildEnv: { ...pickBuildEnv(process.env), PIP_NO_INDEX: "1", PIP_FIND_LINKS: packages },
    orphanGraceMs: 0,
    ...(atMost ? { isolationAtMost: atMost } : {}),
  });
  level = await cluster.isolation();
}
async function uninstall() {
  neighbour.kill("SIGKILL");
  for (const { attemptId } of await cluster.list()) {
    await cluster.stop(attemptId, { graceMs: 0, reason: "Test over" });
    await endOf(attemptId);
  }
  for (const folder of [home, packages]) rmSync(folder, { recursive: true, force: true });
  await database.close();
}

const endOf = (attemptId: string) =>
  waitFor(
    async () => {
      const state = await cluster.observe(attemptId);
      const isOver = state !== null && isTerminal(state.phase) && !isKept(path.join(home, "jobs"), attemptId);
      return isOver ? state : undefined;
    },
    { timeoutMs: 120_000, intervalMs: 50, what: `the end of ${attemptId}` },
  );
const running = (attemptId: string) =>
  waitFor(async () => (await cluster.observe(attemptId))?.phase === "running", {
    what: `${attemptId} to run`,
  });
const isRunning = (words: string) =>
  execFileSync("ps", ["-axww", "-o", "command="], { encoding: "utf8" }).includes(words);

/** What to attack: another attempt that runs (`victim`), another process, files of the installation, and what is kept of its own attempt. */
async function targetsOf(attemptId: string) {
  const [backend] = (await database.db.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`)).rows;
  const names = ["auth-secret", "keys/file", "pg/file", "objects/file", "spool/file", "run/file"];
  return {
    marker,
    daemon,
    pids: [process.pid, neighbour.pid, backend?.pid, kept("victim").pid],
    secrets: {
      ...Object.fromEntries(names.map((name) => [name, path.join(home, name)])),
      "another job's specification": path.join(attempts(), "victim", "spec.json"),
      "another job's log": path.join(attempts(), "victim", "log"),
      "another job's output": path.join(attempts(), "victim", "out", "file"),
      "its own specification": path.join(attempts(), attemptId, "spec.json"),
    },
    // A folder, and what must not be seen in it.
    folders: {
      "the installation": [home, "keys"],
      attempts: [attempts(), "victim"],
      "another job's folder": [path.join(attempts(), "victim"), "spec.json"],
      "its own folder": [path.join(attempts(), attemptId), "spec.json"],
    },
  };
}

/** A package in source form, which pip builds by the package's own program. */
function packHostile(targets: unknown): void {
  const folder = path.join(packages, "hostile-1.0");
  mkdirSync(folder);
  writeFileSync(path.join(folder, "targets.json"), JSON.stringify(targets));
  copyFileSync(path.join(import.meta.dirname, "hostile-job.py"), path.join(folder, "hostile-job.py"));
  copyFileSync(path.join(import.meta.dirname, "hostile-build.py"), path.join(folder, "hostile_build.py"));
  writeFileSync(path.join(folder, "PKG-INFO"), "Metadata-Version: 2.1\nName: hostile\nVersion: 1.0\n");
  writeFileSync(
    path.join(folder, "pyproject.toml"),
    '[build-system]\nrequires = []\nbuild-backend = "hostile_build"\nbackend-path = ["."]\n',
  );
  execFileSync("tar", ["-czf", "hostile-1.0.tar.gz", "hostile-1.0"], { cwd: packages });
  rmSync(folder, { recursive: true });
}

/** What each level has to prevent; what is named in neither list is tried but not promised. */
const PREVENTED_BY_USER = [
  /^read /,
  /^list /,
  /^link to /,
  /^environment of a process$/,
  /^files of a process$/,
  /^memory of a process$/,
  /^ptrace$/,
  /^signal /,
  /^become root$/,
  /^drop into root's group$/,
  /^su$/,
  /^a device$/,
  /^mount$/,
  /^kernel settings$/,
  /to its environment$/,
  /^open its environment$/,
  /^write to the (interpreter|system)$/,
];
const PREVENTED_BY_NAMESPACES = [
  ...PREVENTED_BY_USER,
  /^command line of a process$/,
  /^a user namespace$/,
  /^fill /,
];
const preventedAt = (at: IsolationLevel) =>
  at === "none" ? [] : at === "user" ? PREVENTED_BY_USER : PREVENTED_BY_NAMESPACES;
/** A build is there to write its environment, and has memory of its own to fill. */
const ALLOWED_TO_BUILDS = [/to its environment$/, /^open its environment$/, /^fill /];
const ALLOWED = [/^own /, /^semaphores$/, /^its own name$/, /^certificates$/, /^resolver$/, /^a terminal$/];

describe.each([
  ["as far as this machine allows", undefined],
  ["where namespaces are not allowed", "user" as const],
])("a hostile job, isolated %s", (_words, atMost) => {
  beforeAll(() => install(atMost));
  afterAll(uninstall);

  it(
    "fails in everything that its level of isolation promises to prevent",
    { timeout: 180_000 },
    async () => {
      await cluster.submit({
        attemptId: "victim",
        command: ["sh", "-c", `echo ${marker}; echo ${marker} > $MODELWORKS_OUTPUTS/file; exec sleep 300`],
        env: { VICTIM: marker },
      });
      await running("victim");
      const source = path.join(import.meta.dirname, "hostile-job.py");
      const digest = `sha256:${createHash("sha256").update(readFileSync(source)).digest("hex")}`;
      await cluster.submit({
        attemptId: "hostile",
        command: ["python", "hostile-job.py"],
        files: [{ path: "hostile-job.py", digest, sourcePath: source }],
        env: { TARGETS: JSON.stringify(await targetsOf("hostile")) },
        secretEnv: { TOKEN: `token-of-the-job-${marker}` },
        python: { requirements: "# nothing\n" },
        limits: { memoryBytes: 256 * MIB, timeoutMs: 60_000 },
      });
      const state = await endOf("hostile");
      expect(state).toMatchObject({ phase: "succeeded", isolation: level });
      const text = readFileSync(await cluster.outputPath("hostile", "results.json"), "utf8");
      const results: [string, string | null][] = Object.entries(JSON.parse(text));
      const prevented = preventedAt(level);
      const succeeded = results.filter(([, failure]) => failure === null).map(([name]) => name);
      expect(succeeded.filter((name) => prevented.some((pattern) => pattern.test(name)))).toEqual([]);
      expect(
        results.filter(
          ([name, failure]) => failure !== null && ALLOWED.some((pattern) => pattern.test(name)),
        ),
      ).toEqual([]);
      for (const pattern of [...PREVENTED_BY_NAMESPACES, ...ALLOWED]) {
        expect(
          results.some(([name]) => pattern.test(name)),
          String(pattern),
        ).toBe(true);
      }
      // Nobody was hurt, and nothing was left behind.
      expect(await cluster.observe("victim")).toMatchObject({ phase: "running" });
      expect(isRunning(daemon)).toBe(false);
      const log = readFileSync(path.join(attempts(), "hostile", "log"), "utf8");
      expect(log).toContain("token [redacted]");
      for (const name of readdirSync(path.join(attempts(), "hostile"))) {
        const file = path.join(attempts(), "hostile", name);
        if (statSync(file).isFile())
          expect(readFileSync(file, "utf8"), name).not.toContain("token-of-the-job");
      }
    },
  );

  it("does no better while its packages are built", { timeout: 180_000 }, async () => {
    packHostile(await targetsOf("builds"));
    await cluster.submit({
      attemptId: "builds",
      command: [
        "sh",
        "-c",
        'cat "$VIRTUAL_ENV"/lib/python*/site-packages/hostile-results.json > "$MODELWORKS_OUTPUTS/results.json"',
      ],
      env: { VARIABLE: marker },
      secretEnv: { TOKEN: marker },
      python: { requirements: "hostile==1.0\n" },
    });
    expect(await endOf("builds")).toMatchObject({ phase: "succeeded", isolation: level });
    const results: [string, string | null][] = Object.entries(
      JSON.parse(readFileSync(await cluster.outputPath("builds", "results.json"), "utf8")),
    );
    expect(results.length).toBeGreaterThan(30);
    const prevented = preventedAt(level);
    const succeeded = results.filter(([, failure]) => failure === null).map(([name]) => name);
    expect(
      succeeded.filter(
        (name) =>
          prevented.some((pattern) => pattern.test(name)) &&
          !ALLOWED_TO_BUILDS.some((pattern) => pattern.test(name)),
      ),
    ).toEqual([]);
    // At every level: a build is told nothing of the job.
    expect(Object.fromEntries(results)["variables of the job"]).toMatch(/none of them/);
    expect(await cluster.observe("victim")).toMatchObject({ phase: "running" });
    expect(isRunning(daemon)).toBe(false);
  });

  it("is run as nobody else, and another attempt is somebody else again", async () => {
    const whoami = {
      command: ["sh", "-c", 'id -u > "$MODELWORKS_OUTPUTS/id"; id -G > "$MODELWORKS_OUTPUTS/groups"'],
    };
    const users = await Promise.all(
      ["one", "two"].map(async (attemptId) => {
        await cluster.submit({ attemptId, ...whoami });
        await endOf(attemptId);
        return statSync(await cluster.outputPath(attemptId, "id")).uid;
      }),
    );
    const own = level === "namespaces+user" || level === "user";
    expect(new Set([...users, process.getuid?.()]).size).toBe(own ? 3 : 1);
    if (own)
      expect(readFileSync(await cluster.outputPath("one", "groups"), "utf8").trim()).toBe(String(users[0]));
  });

  it("gets none of a variable's force into the setup, which runs with our rights", async () => {
    const out = "$MODELWORKS_OUTPUTS/works";
    await cluster.submit({
      attemptId: "preloads",
      command: ["sh", "-c", `echo "$QUOTED" > ${out}`],
      env: { LD_PRELOAD: "/nonexistent.so", BASH_ENV: "/nonexistent", QUOTED: `it's "$(id)" \\ \n done` },
    });
    expect(await endOf("preloads")).toMatchObject({ phase: "succeeded" });
    expect(readFileSync(await cluster.outputPath("preloads", "works"), "utf8")).toBe(
      `it's "$(id)" \\ \n done\n`,
    );
  });

  it("has no output collected that lies outside, whatever it is linked by", async () => {
    const key = path.join(home, "keys");
    const links: [string, string][] = [
      ["file", `ln -s ${key}/file "$MODELWORKS_OUTPUTS/link"`],
      ["folder", `ln -s ${key} "$MODELWORKS_OUTPUTS/link"`],
      ["chain", `cd "$MODELWORKS_OUTPUTS"; ln -s ../../../../keys/file one; ln -s one link`],
    ];
    for (const [name, script] of links) {
      await cluster.submit({ attemptId: `link-${name}`, command: ["sh", "-c", script] });
      const state = await endOf(`link-${name}`);
      expect(state, name).toMatchObject({ phase: "failed", outputs: [] });
    }
    await cluster.submit({ attemptId: "pipe", command: ["sh", "-c", 'mkfifo "$MODELWORKS_OUTPUTS/pipe"'] });
    expect(await endOf("pipe")).toMatchObject({ phase: "succeeded", outputs: [] });
  });
});
