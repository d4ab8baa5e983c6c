import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type AttemptState,
  type Cluster,
  createLocalCluster,
  isTerminal,
  parseLogLine,
  pickBuildEnv,
} from "../index";
import { isAlive } from "./shim/process-table.mjs";
import { ProcessTree } from "./shim/process-tree.mjs";
import { isKept } from "./testing";

const node = process.execPath;
let root = "";
let cluster: Cluster;
const settings = () => ({
  root,
  path: process.env.PATH,
  buildEnv: pickBuildEnv(process.env),
  orphanGraceMs: 0,
});
const fresh = () => `att_${randomUUID()}`;
const script = (source: string) => [node, "-e", source];
const digestOf = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;

beforeAll(async () => {
  root = await mkdtemp(path.join(realpathSync(tmpdir()), "mw-cluster-"));
  cluster = createLocalCluster(settings());
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function waitFor<T>(
  what: string,
  look: () => Promise<T | null | false> | T | null | false,
  timeoutMs = 25_000,
) {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const found = await look();
    if (found !== null && found !== false) return found;
    await sleep(20);
  }
  throw new Error(`Waited ${timeoutMs} ms for ${what}`);
}

const ended = (attemptId: string, timeoutMs?: number) =>
  waitFor<AttemptState>(
    `${attemptId} to end`,
    async () => {
      const state = await cluster.observe(attemptId);
      return state !== null && isTerminal(state.phase) && !isKept(root, attemptId) && state;
    },
    timeoutMs,
  );
/** As long as an environment may take to be built beside other tests. */
const BUILD_MS = 100_000;

async function logOf(attemptId: string) {
  let text = "";
  for await (const { bytes } of cluster.followLog(attemptId)) text += bytes.toString();
  return text.split("\n").filter(Boolean).map(parseLogLine);
}
const output = async (attemptId: string) =>
  (await logOf(attemptId)).filter(({ stream }) => stream === "output").map(({ text }) => text);
/** The keeper writes the status and then ends itself, so it may be there for a moment longer. */
const noneLeft = (attemptId: string) =>
  waitFor(`nothing of ${attemptId} to be left`, () => leftOf(attemptId).length === 0);

const waitForOutput = (attemptId: string, needle: string) =>
  waitFor(`"${needle}" in the log`, async () => {
    const { bytes } = await cluster.tailLog(attemptId, 0);
    return bytes
      .toString()
      .split("\n")
      .map(parseLogLine)
      .some((line) => line.stream === "output" && line.text.includes(needle));
  });
const leftOf = (attemptId: string) =>
  new ProcessTree({ attemptId, folder: path.join(root, "attempts", attemptId) }, null).members({
    markers: true,
  });
const keeperOf = (attemptId: string): { pid: number; identity: string } =>
  JSON.parse(readFileSync(path.join(root, "attempts", attemptId, "started.json"), "utf8"));

describe("how an attempt ends", () => {
  it("succeeds, with hashed outputs, usage, and lines in the order they were written", async () => {
    const attemptId = fresh();
    const first = await cluster.submit({
      attemptId,
      command: script(`
        const fs = require("fs"), out = process.env.MODELWORKS_OUTPUT_DIR;
        fs.mkdirSync(out + "/model"); fs.writeFileSync(out + "/model/weights.bin", "trained");
        fs.writeFileSync(out + "/a.txt", ""); fs.symlinkSync("a.txt", out + "/alias.txt");
        for (let i = 0; i < 50; i++) fs.writeSync(i % 2 + 1, "line " + i + "\\n");
        while (process.cpuUsage().user < 400_000);`),
    });
    expect(isTerminal(first.phase)).toBe(false);
    const state = await ended(attemptId);
    expect(state).toMatchObject({ phase: "succeeded", exitCode: 0, signal: null, reason: "Finished" });
    expect(state.outputs).toEqual([
      { path: "a.txt", sizeBytes: 0, digest: digestOf("") },
      { path: "alias.txt", sizeBytes: 0, digest: digestOf("") },
      { path: "model/weights.bin", sizeBytes: 7, digest: digestOf("trained") },
    ]);
    expect(state.peakRssBytes).toBeGreaterThan(5_000_000);
    expect(state.cpuSeconds).toBeGreaterThan(0.2);
    expect(Date.parse(state.endedAt ?? "")).toBeGreaterThanOrEqual(Date.parse(state.startedAt ?? ""));
    expect(await output(attemptId)).toEqual(Array.from({ length: 50 }, (_, i) => `line ${i}`));
    expect(readFileSync(await cluster.outputPath(attemptId, "model/weights.bin"), "utf8")).toBe("trained");
    await expect(cluster.outputPath(attemptId, "../spec.json")).rejects.toMatchObject({ code: "invalid" });
    expect(await cluster.remove(attemptId)).toBe(true);
    expect(await cluster.observe(attemptId)).toBeNull();
  });

  it("fails with the exit code, the signal, or a command that is not there, in words", async () => {
    const [code, signal, missing] = [fresh(), fresh(), fresh()];
    await cluster.submit({ attemptId: code, command: ["sh", "-c", "exit 3"] });
    await cluster.submit({ attemptId: signal, command: ["sh", "-c", "kill -SEGV $$"] });
    await cluster.submit({ attemptId: missing, command: ["no-such-program"] });
    expect(await ended(code)).toMatchObject({ phase: "failed", exitCode: 3, reason: "Exited with code 3" });
    expect(await ended(signal)).toMatchObject({
      phase: "failed",
      signal: "SIGSEGV",
      reason: "Ended by signal SIGSEGV",
    });
    expect(await ended(missing)).toMatchObject({
      exitCode: 127,
      reason: "Exited with code 127: the command was not found",
    });
  });

  it("stops at the time limit", async () => {
    const attemptId = fresh();
    await cluster.submit({ attemptId, command: ["sleep", "60"], limits: { timeoutMs: 1000 } });
    expect(await ended(attemptId)).toMatchObject({
      phase: "timed_out",
      reason: "Stopped: time limit of 1 s reached",
    });
    await noneLeft(attemptId);
  });

  it.each([
    ["by itself", `const kept = []; setInterval(() => kept.push(Buffer.alloc(8 << 20, 1)), 5)`],
    [
      "by a child",
      `require("child_process").spawn(process.execPath, ["-e", "const k=[];setInterval(()=>k.push(Buffer.alloc(8<<20,1)),5)"]); setInterval(()=>{}, 1e6)`,
    ],
  ])("kills a job that exceeds its memory %s", async (_by, source) => {
    const attemptId = fresh();
    const limits = { memoryBytes: 200 * 2 ** 20, timeoutMs: 20_000 };
    await cluster.submit({ attemptId, command: script(source), limits });
    const reason = "Killed after exceeding 200 MiB of memory";
    expect(await ended(attemptId)).toMatchObject({ phase: "out_of_memory", reason });
    await noneLeft(attemptId);
  });

  it("ends what a finished job left running", async () => {
    const attemptId = fresh();
    await cluster.submit({ attemptId, command: ["sh", "-c", "setsid sleep 300 & sleep 0.3; exit 0"] });
    expect(await ended(attemptId)).toMatchObject({ phase: "succeeded" });
    await noneLeft(attemptId);
  });
});

/** Ignores TERM, as do its children: one in its own session, one orphaned without our variable. */
const stubborn = `
  trap '' TERM
  setsid sh -c 'trap "" TERM; echo child ready; while :; do sleep 1; done' &
  (env -i PATH="$PATH" setsid sh -c 'trap "" TERM; echo $$ > "$0"; echo orphan ready; while :; do sleep 1; done' "$MODELWORKS_OUTPUT_DIR/pid" &)
  sleep 1; echo all ready
  while :; do sleep 1; done`;

/** By its words, because the number that it knows of itself may be one of its own namespace. */
const orphansOf = (attemptId: string) =>
  execFileSync("ps", ["-axww", "-o", "command="], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.endsWith(path.join("attempts", attemptId, "out", "pid"))).length;

describe("stopping", () => {
  it("ends a job that ignores TERM, and every process it started", async () => {
    const attemptId = fresh();
    await cluster.submit({ attemptId, command: ["sh", "-c", stubborn] });
    for (const ready of ["child ready", "orphan ready", "all ready"]) await waitForOutput(attemptId, ready);
    // A shell that is about to become `sleep` has the words of its parent for a moment.
    expect(orphansOf(attemptId)).toBeGreaterThanOrEqual(1);
    await cluster.stop(attemptId, { graceMs: 500, reason: "Cancelled by Ada" });
    await cluster.stop(attemptId, { graceMs: 900, reason: "Cancelled by Bob" });
    expect(await ended(attemptId)).toMatchObject({ phase: "cancelled", reason: "Cancelled by Ada" });
    await noneLeft(attemptId);
    expect(orphansOf(attemptId)).toBe(0);
    expect(await cluster.stop(attemptId, { reason: "again" })).toMatchObject({ reason: "Cancelled by Ada" });
  });

  it("gives a job its grace time, which a later request may shorten", async () => {
    const [polite, hurried] = [fresh(), fresh()];
    const saving = `process.on("SIGTERM", () => setTimeout(() => { console.log("saved"); process.exit(0) }, 300)); console.log("ready"); setInterval(()=>{}, 1e6)`;
    await cluster.submit({ attemptId: polite, command: script(saving) });
    await cluster.submit({ attemptId: hurried, command: ["sh", "-c", stubborn] });
    await waitForOutput(polite, "ready");
    await cluster.stop(polite, { graceMs: 20_000, reason: "Cancelled by Ada" });
    expect(await ended(polite)).toMatchObject({ phase: "cancelled", exitCode: 0 });
    expect(await output(polite)).toContain("saved");
    await waitForOutput(hurried, "all ready");
    await cluster.stop(hurried, { graceMs: 600_000, reason: "Cancelled by Ada" });
    await cluster.stop(hurried, { graceMs: 0, reason: "Now" });
    expect(await ended(hurried)).toMatchObject({ phase: "cancelled", reason: "Cancelled by Ada" });
  });
});

describe("exactly once, whatever dies", () => {
  it("starts once for eight submissions at the same time, and refuses another specification", async () => {
    const attemptId = fresh();
    const command = ["sh", "-c", `echo started; sleep 1`];
    const clusters = Array.from({ length: 8 }, () => createLocalCluster(settings()));
    await Promise.all(clusters.map((one) => one.submit({ attemptId, command })));
    expect(await ended(attemptId)).toMatchObject({ phase: "succeeded" });
    expect(await output(attemptId)).toEqual(["started"]);
    expect(await cluster.submit({ attemptId, command })).toMatchObject({ phase: "succeeded" });
    await expect(cluster.submit({ attemptId, command: ["true"] })).rejects.toMatchObject({
      code: "conflict",
    });
  });

  it("keeps a job whose submitter was killed, and adopts it", async () => {
    const attemptId = fresh();
    // A job sees its own folders only.
    const gate = path.join(root, "attempts", attemptId, "work", "adopted");
    const waits = `echo started; while [ ! -e ${gate} ]; do sleep 0.05; done; echo done`;
    const spec = { attemptId, command: ["sh", "-c", waits] };
    const submitter = path.join(root, "submitter.ts");
    const adapter = path.resolve(import.meta.dirname, "../index.ts");
    writeFileSync(
      submitter,
      `import { createLocalCluster } from ${JSON.stringify(adapter)};
       createLocalCluster({ root: ${JSON.stringify(root)} }).submit(${JSON.stringify(spec)});
       setInterval(() => {}, 1e6);`,
    );
    const args = ["--import", import.meta.resolve("tsx"), submitter];
    const child: ChildProcess = spawn(node, args, {
      stdio: "inherit",
      detached: true,
      cwd: path.resolve(import.meta.dirname, "../../../.."),
    });
    await waitFor("the submitter's job", async () => (await cluster.observe(attemptId))?.phase === "running");
    process.kill(-(child.pid ?? 0), "SIGKILL");
    await waitFor("the submitter's death", () => child.signalCode === "SIGKILL");
    expect(await cluster.submit(spec)).toMatchObject({ phase: "running" });
    writeFileSync(gate, "");
    expect(await ended(attemptId)).toMatchObject({ phase: "succeeded", exitCode: 0 });
    expect(await output(attemptId)).toEqual(["started", "done"]);
  });

  it.runIf(process.platform === "linux")("has none of the keys of whoever started us", async ({ skip }) => {
    const numbers: Partial<Record<string, [number, number]>> = { x64: [248, 250], arm64: [217, 219] };
    const [add, control] = numbers[process.arch] ?? skip("the numbers of the system's calls are not known");
    const python = (words: string) => `import ctypes, os, sys; c = ctypes.CDLL(None); ${words}`;
    // As a login: a session keyring with something in it, which whatever it starts inherits.
    const login = python(`c.syscall(${control}, 1, None)
key = c.syscall(${add}, b"user", b"of a login", b"kept word", 9, ctypes.c_int(-3))
os.execv(sys.argv[1], sys.argv[1:] + [str(key)])`);
    const read = python(`text = ctypes.create_string_buffer(99)
c.syscall(${control}, 11, int(sys.argv[1]), text, ctypes.c_long(99)); print("read:" + text.value.decode())`);
    const attemptId = fresh();
    const submitter = path.join(root, "logged-in.ts");
    const adapter = path.resolve(import.meta.dirname, "../index.ts");
    writeFileSync(
      submitter,
      `import { execFileSync } from "node:child_process";
       import { createLocalCluster } from ${JSON.stringify(adapter)};
       const command = ["python3", "-c", ${JSON.stringify(read)}, process.argv.at(-1)];
       console.log(execFileSync(command[0], command.slice(1), { encoding: "utf8" }));
       const settings = { root: ${JSON.stringify(root)}, path: process.env.PATH };
       void createLocalCluster(settings).submit({ attemptId: ${JSON.stringify(attemptId)}, command });`,
    );
    const seen = execFileSync(
      "python3",
      ["-c", login, node, "--import", import.meta.resolve("tsx"), submitter],
      { encoding: "utf8", cwd: path.resolve(import.meta.dirname, "../../../..") },
    );
    if (!seen.includes("kept word")) skip("this system has no keyrings");
    expect(await ended(attemptId)).toMatchObject({ phase: "succeeded" });
    const said = (await logOf(attemptId)).map(({ text }) => text);
    expect(said.filter((line) => line.startsWith("read:"))).toEqual(["read:"]);
  });

  it("finds a job whose keeper was killed lost, and leaves none of its processes", async () => {
    const attemptId = fresh();
    await cluster.submit({ attemptId, command: ["sh", "-c", stubborn], limits: { memoryBytes: 2 ** 30 } });
    await waitForOutput(attemptId, "all ready");
    const keeper = keeperOf(attemptId);
    expect(isAlive(keeper)).toBe(true);
    process.kill(keeper.pid, "SIGKILL");
    await waitFor("the keeper's death", () => !isAlive(keeper));
    // The kernel ends a namespace with its keeper; elsewhere its processes are still to be found.
    if (!(await cluster.isolation()).startsWith("namespaces")) {
      expect(leftOf(attemptId).length).toBeGreaterThan(0);
    }
    const { lost } = await cluster.reconcile([attemptId]);
    expect(lost).toMatchObject([{ attemptId, phase: "lost" }]);
    await noneLeft(attemptId);
    expect((await logOf(attemptId)).at(-1)).toMatchObject({
      stream: "system",
      text: expect.stringContaining("Lost:"),
    });
    expect((await cluster.reconcile([attemptId])).lost).toEqual([]);
  });

  it("never starts an attempt that was stopped before it began", async () => {
    const attemptId = fresh();
    const spec = { attemptId, command: ["sh", "-c", "echo ran"] };
    await cluster.submit(spec);
    await ended(attemptId);
    // As after a death between writing the specification and starting the keeper.
    for (const name of ["started.json", "state.json", "status.json", "log"]) {
      await rm(path.join(root, "attempts", attemptId, name), { force: true });
    }
    expect(await cluster.observe(attemptId)).toMatchObject({ phase: "starting" });
    expect(await cluster.stop(attemptId, { reason: "Cancelled by Ada" })).toMatchObject({
      phase: "cancelled",
    });
    expect(await cluster.submit(spec)).toMatchObject({ phase: "cancelled", reason: "Cancelled by Ada" });
    expect(await logOf(attemptId)).toEqual([]);
  });

  it("starts, or stops, what an earlier release was given and did not start, and leaves no secret of it", async () => {
    const submitted = async () => {
      const attemptId = fresh();
      const spec = { attemptId, command: ["sh", "-c", 'echo "$TOKEN" | tr a-z A-Z'] };
      await cluster.submit({ ...spec, secretEnv: { TOKEN: "older-word" } });
      await ended(attemptId);
      const at = (name: string) => path.join(root, "attempts", attemptId, name);
      for (const name of ["started.json", "state.json", "status.json", "log"])
        await rm(at(name), { force: true });
      const file: object = JSON.parse(readFileSync(at("spec.json"), "utf8"));
      const { path: searchPath } = settings();
      const older = { root, python: null, path: searchPath, logMaxBytes: 2 ** 20, prepareTimeoutMs: 60_000 };
      writeFileSync(at("spec.json"), JSON.stringify({ ...file, settings: older }));
      writeFileSync(at("secrets.json"), JSON.stringify({ TOKEN: "older-word" }));
      expect(await cluster.observe(attemptId)).toMatchObject({ phase: "starting" });
      return { spec, attemptId, files: () => readdirSync(at("")) };
    };
    const started = await submitted();
    await cluster.submit({ ...started.spec, secretEnv: { TOKEN: "today's-word" } });
    expect(await ended(started.attemptId)).toMatchObject({
      phase: "succeeded",
      isolation: await cluster.isolation(),
    });
    expect((await logOf(started.attemptId)).map(({ text }) => text)).toContain("TODAY'S-WORD");
    expect(started.files()).not.toContain("secrets.json");
    const stopped = await submitted();
    await cluster.stop(stopped.attemptId, { reason: "Cancelled by Ada" });
    expect(stopped.files()).not.toContain("secrets.json");
  });

  it("ends orphans and names what is missing", async () => {
    const [orphan, gone] = [fresh(), fresh()];
    await cluster.submit({ attemptId: orphan, command: ["sleep", "300"] });
    const others = (await cluster.list()).map(({ attemptId }) => attemptId).filter((id) => id !== orphan);
    const patient = createLocalCluster({ ...settings(), orphanGraceMs: 3_600_000 });
    expect((await patient.reconcile(others)).endedOrphans).toEqual([]);
    const { endedOrphans, missing } = await cluster.reconcile([...others, gone]);
    expect(endedOrphans).toMatchObject([
      { attemptId: orphan, phase: "cancelled", reason: "Stopped: the portal has no record of this attempt" },
    ]);
    expect(missing).toEqual([gone]);
    await noneLeft(orphan);
  });
});

describe("what goes in and what comes out", () => {
  const source = (text: string) => {
    const file = path.join(root, `source-${randomUUID()}`);
    writeFileSync(file, text);
    return file;
  };

  it("lays out files and inputs, read-only and apart from their source", async () => {
    const attemptId = fresh();
    const [code, data] = [source("cat inputs/train/2024/rows.csv"), source("a,b\n1,2\n")];
    await cluster.submit({
      attemptId,
      command: ["sh", "run.sh"],
      files: [{ path: "run.sh", digest: digestOf("cat inputs/train/2024/rows.csv"), sourcePath: code }],
      inputs: [{ name: "train", path: "2024/rows.csv", digest: digestOf("a,b\n1,2\n"), sourcePath: data }],
    });
    expect(await ended(attemptId)).toMatchObject({ phase: "succeeded" });
    expect(await output(attemptId)).toEqual(["a,b", "1,2"]);
    const placed = statSync(path.join(root, "attempts", attemptId, "work/inputs/train/2024/rows.csv"));
    expect(placed.mode & 0o777).toBe(0o400);
    expect(placed.ino).not.toBe(statSync(data).ino);
  });

  it("does not run on an input with other bytes, and names both digests", async () => {
    const attemptId = fresh();
    const input = { name: "train", path: "rows.csv", digest: digestOf("good"), sourcePath: source("bad") };
    await cluster.submit({ attemptId, command: ["echo", "ran"], inputs: [input] });
    const state = await ended(attemptId);
    expect(state).toMatchObject({ phase: "failed", exitCode: null, startedAt: null });
    for (const part of ["train/rows.csv", digestOf("good"), digestOf("bad")])
      expect(state.reason).toContain(part);
    expect(await output(attemptId)).toEqual([]);
  });

  it("refuses paths that leave the folder, going in and coming out", async () => {
    const item = { digest: digestOf("x"), sourcePath: source("x") };
    const submitFile = (file: string) =>
      cluster.submit({ attemptId: fresh(), command: ["true"], files: [{ ...item, path: file }] });
    await expect(submitFile("../x")).rejects.toMatchObject({ code: "invalid" });
    await expect(submitFile("/etc/x")).rejects.toMatchObject({ code: "invalid" });
    await expect(cluster.observe("../..")).rejects.toMatchObject({ code: "invalid" });
    const attemptId = fresh();
    await cluster.submit({
      attemptId,
      command: ["sh", "-c", 'ln -s /etc/hostname "$MODELWORKS_OUTPUT_DIR/host"'],
    });
    const state = await ended(attemptId);
    expect(state).toMatchObject({ phase: "failed", outputs: [] });
    expect(state.reason).toContain('"host" is a symbolic link that leaves');
  });
});

describe("what a job may see and show", () => {
  it("gives a job only its own variables, and keeps secrets out of every file", async () => {
    process.env.PORTAL_OWN_SECRET = "portal-own-secret";
    const attemptId = fresh();
    await cluster.submit({
      attemptId,
      command: [
        "sh",
        "-c",
        'env; for part in s3cr et-tok en; do printf %s "$part"; sleep 0.1; done; echo; sleep 0.2',
      ],
      env: { PLAIN: "visible" },
      secretEnv: { API_TOKEN: "s3cret-token", PEM: "-----BEGIN-----\nabcdefgh\n-----END-----" },
      limits: { cpuMilli: 1500 },
    });
    expect(await ended(attemptId)).toMatchObject({ phase: "succeeded" });
    const lines = await output(attemptId);
    const names = new Set(lines.filter((line) => line.includes("=")).map((line) => line.split("=")[0]));
    expect(names).not.toContain("PORTAL_OWN_SECRET");
    expect(names).not.toContain("DATABASE_URL");
    expect(lines).toContain("PLAIN=visible");
    expect(lines).toContain("OMP_NUM_THREADS=2");
    expect(lines).toContain(`HOME=${path.join(root, "attempts", attemptId, "work")}`);
    expect(lines).toContain("API_TOKEN=[redacted]");
    expect(lines.at(-1)).toBe("[redacted]");
    const folder = path.join(root, "attempts", attemptId);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder)) {
      const file = path.join(folder, name);
      if (!statSync(file).isFile()) continue;
      expect(statSync(file).mode & 0o077, name).toBe(0);
      expect(readFileSync(file, "utf8"), name).not.toMatch(/s3cret-token|abcdefgh/);
    }
  });

  it("bounds the log and says so", async () => {
    const attemptId = fresh();
    const small = createLocalCluster({ ...settings(), logMaxBytes: 2 ** 20 });
    await small.submit({ attemptId, command: ["sh", "-c", "yes 'a line of some length' | head -n 200000"] });
    expect(await ended(attemptId)).toMatchObject({ phase: "succeeded" });
    const folder = path.join(root, "attempts", attemptId);
    const logs = readdirSync(folder).filter((name) => /^log(?:\.\d+)?$/.test(name));
    const sizes = logs.map((name) => statSync(path.join(folder, name)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(2 ** 20);
    const system = (await logOf(attemptId))
      .filter(({ stream }) => stream === "system")
      .map(({ text }) => text);
    expect(system.filter((text) => text.includes("bytes of output were left out here"))).toHaveLength(1);
    expect(system.at(-1)).toBe("Finished");
  });

  it("reads the log from any byte, in whole lines, and follows it while it grows", async () => {
    const attemptId = fresh();
    // Each line is written when the one before it was read.
    const gate = (line: string) => path.join(root, "attempts", attemptId, "work", line);
    const until = (line: string) => `while [ ! -e ${gate(line)} ]; do sleep 0.05; done`;
    await cluster.submit({
      attemptId,
      command: ["sh", "-c", `echo ünö; ${until("ünö")}; echo two; ${until("two")}; echo three`],
    });
    let text = "";
    for await (const piece of cluster.followLog(attemptId)) {
      text += piece.bytes.toString();
      for (const line of ["ünö", "two"]) if (text.includes(line)) writeFileSync(gate(line), "");
      if (!piece.eof) expect(text.endsWith("\n")).toBe(true);
    }
    expect(text).toMatch(/o ünö\n.*o two\n.*o three\n.*s Finished\n$/s);
    const offset = Buffer.byteLength(text.slice(0, text.indexOf("two")));
    const { bytes, nextOffset, eof } = await cluster.tailLog(attemptId, offset);
    expect(bytes.toString()).toBe(text.slice(text.indexOf("two")));
    expect({ nextOffset, eof }).toEqual({ nextOffset: Buffer.byteLength(text), eof: true });
    await expect(cluster.tailLog(fresh(), 0)).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("Python environments", () => {
  const showSix = { command: ["python", "-c", "import six, sys; print(six.__version__, sys.prefix)"] };
  const python = { requirements: `six==1.17.0  # ${randomUUID()}\n` };
  const say = async (attemptId: string) => (await logOf(attemptId)).map(({ text }) => text).join("\n");

  it(
    "builds one environment for two attempts at once and gives it to a third",
    { timeout: 120_000 },
    async () => {
      const [one, two, three] = [fresh(), fresh(), fresh()];
      await Promise.all([one, two].map((attemptId) => cluster.submit({ attemptId, ...showSix, python })));
      const finish = (attemptId: string) =>
        waitFor(
          attemptId,
          async () => ((await cluster.observe(attemptId))?.endedAt ?? null) !== null,
          BUILD_MS,
        );
      await Promise.all([finish(one), finish(two)]);
      await cluster.submit({ attemptId: three, ...showSix, python });
      const states = [await ended(one), await ended(two), await ended(three)];
      for (const state of states) expect(state).toMatchObject({ phase: "succeeded" });
      expect(new Set(states.map(({ environmentKey }) => environmentKey)).size).toBe(1);
      const logs = await Promise.all([one, two, three].map(say));
      expect(logs.filter((text) => text.includes("Installing collected packages: six"))).toHaveLength(1);
      expect(logs.filter((text) => text.includes("Waiting for environment"))).toHaveLength(1);
      expect(logs[2]).toContain("is ready");
      expect((await output(three))[0]).toContain(
        `1.17.0 ${path.join(root, "envs", states[0]?.environmentKey ?? "")}`,
      );
    },
  );

  it("builds again after its builder was killed", { timeout: 120_000 }, async () => {
    const [dead, next] = [fresh(), fresh()];
    const fresher = { requirements: `# only ${randomUUID()}\n` };
    await cluster.submit({ attemptId: dead, command: ["python", "--version"], python: fresher });
    await waitFor("the build", async () =>
      (await cluster.tailLog(dead, 0)).bytes.includes("Building the environment"),
    );
    process.kill(keeperOf(dead).pid, "SIGKILL");
    await cluster.submit({ attemptId: next, command: ["python", "--version"], python: fresher });
    expect(await ended(next, BUILD_MS)).toMatchObject({ phase: "succeeded" });
    expect(await say(next)).toContain(`Attempt ${dead} ended while it built`);
    expect(await ended(dead)).toMatchObject({ phase: "lost" });
    await noneLeft(dead);
  });

  it(
    "says what to install or correct when Python, venv or a package is missing",
    { timeout: 120_000 },
    async () => {
      const [none, wrong, unknown] = [fresh(), fresh(), fresh()];
      const bare = createLocalCluster({ ...settings(), path: path.join(root, "nothing-here") });
      const strange = createLocalCluster({ ...settings(), python: "/no/such/python" });
      await bare.submit({ attemptId: none, ...showSix, python });
      await strange.submit({ attemptId: wrong, ...showSix, python });
      const missing = { requirements: "./no-such-folder-of-a-package\n" };
      await cluster.submit({ attemptId: unknown, command: ["true"], python: missing });
      expect((await ended(none)).reason).toMatch(/no Python 3\.10 or newer.*install it with/);
      expect((await ended(wrong)).reason).toContain(
        'Python "/no/such/python" (set by MODELWORKS_PYTHON) does not run',
      );
      expect((await ended(unknown, BUILD_MS)).reason).toContain(
        "pip could not install the locked requirements",
      );
    },
  );
});
