import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { waitFor } from "@/db/testing/wait-for";
import { isAppError } from "@/server/core/errors";
import { createCgroup } from "../cluster/local/shim/cgroup.mjs";
import { userRange } from "../process-users.mjs";
import {
  companyModel,
  externalModel,
  floodModel,
  lookupModel,
  loopModel,
  swellModel,
} from "./onnx/testing-hostile-models";
import { identityModel } from "./onnx/testing-wire-models";
import type { ModelRuntime } from "./port";
import { makeRuntime, specOf } from "./testing";

const FOR_EVER = 2n ** 60n;
const onLinux = process.platform === "linux";
const isRoot = process.getuid?.() === 0;

const open: ModelRuntime[] = [];
afterEach(async () => {
  for (const runtime of open.splice(0)) await runtime.close();
});

function runtimeOf(options: Parameters<typeof makeRuntime>[0] = {}) {
  const runtime = makeRuntime(options);
  open.push(runtime);
  return runtime;
}

const ask = (runtime: ModelRuntime, key: string, name: string, ...values: (bigint | number)[]) =>
  runtime.infer(key, [
    { name, datatype: "INT64", shape: [values.length], data: BigInt64Array.from(values, BigInt) },
  ]);

/** Code and message of what was refused. */
const refusal = (answer: Promise<unknown>): Promise<{ code: string; message: string; details: unknown }> =>
  answer.then(
    () => ({ code: "answered", message: "", details: undefined }),
    (error: unknown) => {
      if (!isAppError(error)) throw error;
      return { code: error.code, message: error.message, details: error.details };
    },
  );

const lookUp = async (runtime: ModelRuntime, at: number, key = "lookup") => {
  const [y] = await ask(runtime, key, "at", at);
  return y?.data[0];
};

const usageOf = async (runtime: ModelRuntime, key: string) => {
  const found = (await runtime.usage()).find((each) => each.key === key);
  if (!found) throw new Error(`${key} is not loaded`);
  return found;
};

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    // A dead one that nobody has asked after yet.
    return !onLinux || !/^\d+ \(.*\) Z/.test(fs.readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
};

/** Asks a healthy model for as long as `sick` is at work, and returns how many answers came and the slowest. */
async function beside(sick: Promise<unknown>, healthy: () => Promise<unknown>) {
  let over = false;
  const began = performance.now();
  const ended = sick.finally(() => (over = true));
  let answers = 0;
  let slowestMs = 0;
  while (!over) {
    const sent = performance.now();
    expect(await healthy()).toBe(20);
    slowestMs = Math.max(slowestMs, performance.now() - sent);
    answers += 1;
  }
  await ended;
  return { answers, slowestMs, sickMs: performance.now() - began };
}

describe("a model beside a sick one", () => {
  it("is served all the while another loops for ever, which is given up at its deadline and started again", async () => {
    const runtime = runtimeOf();
    await runtime.load("lookup", specOf(lookupModel()));
    await runtime.load("loop", specOf(loopModel(), { deadlineMs: 700 }));
    const { pid } = await usageOf(runtime, "loop");
    const healthy = await usageOf(runtime, "lookup");
    const began = performance.now();
    const stuck = refusal(ask(runtime, "loop", "rounds", FOR_EVER));
    const behind = refusal(ask(runtime, "loop", "rounds", 1));
    const seen = await beside(stuck, () => lookUp(runtime, 1));
    expect(await stuck).toMatchObject({ code: "timed_out", message: "The model took longer than 700 ms." });
    expect(performance.now() - began).toBeGreaterThanOrEqual(699);
    expect(await behind).toMatchObject({
      code: "timed_out",
      message: expect.stringContaining("behind others"),
    });
    expect(seen.answers).toBeGreaterThan(10);
    expect(seen.slowestMs).toBeLessThan(seen.sickMs);
    await waitFor(() => !isAlive(pid), { what: "the stuck process is ended" });
    await waitFor(() => runtime.health("loop")?.state === "ready", { what: "it is started again" });
    expect(await ask(runtime, "loop", "rounds", 1)).toHaveLength(1);
    expect((await usageOf(runtime, "loop")).pid).not.toBe(pid);
    expect(await usageOf(runtime, "lookup")).toMatchObject({ pid: healthy.pid, restarts: 0 });
  });

  it("is served while another takes its time, which is answered in the end", async () => {
    const runtime = runtimeOf();
    await runtime.load("lookup", specOf(lookupModel()));
    await runtime.load("loop", specOf(loopModel()));
    const began = performance.now();
    await ask(runtime, "loop", "rounds", 20_000);
    const rounds = Math.round((20_000 * 1_000) / (performance.now() - began));
    const slow = Promise.all(Array.from({ length: 3 }, () => ask(runtime, "loop", "rounds", rounds)));
    const seen = await beside(slow, () => lookUp(runtime, 1));
    expect(await slow).toHaveLength(3);
    expect(seen.answers).toBeGreaterThan(10);
    expect(seen.slowestMs).toBeLessThan(seen.sickMs / 2);
  });

  it.runIf(onLinux)(
    "keeps its memory while another asks for ever more, and what was taken is given back",
    async () => {
      const runtime = runtimeOf();
      await runtime.load("lookup", specOf(lookupModel()));
      await runtime.load("swell", specOf(swellModel(), { memoryBytes: 200 * 1024 ** 2 }));
      const [y] = await ask(runtime, "swell", "size", 20_000_000);
      expect(y?.data[0]).toBe(0);
      const sick = refusal(ask(runtime, "swell", "size", 2_000_000_000));
      await beside(sick, () => lookUp(runtime, 1));
      expect(await sick).toMatchObject({
        code: "internal",
        message: expect.stringMatching(
          /asked for more memory than it may have|took too much memory|of memory/,
        ),
      });
      await waitFor(() => runtime.health("swell")?.state === "ready", { what: "the model serves again" });
      await ask(runtime, "swell", "size", 20_000_000);
      expect((await usageOf(runtime, "swell")).residentBytes).toBeLessThan(160 * 1024 ** 2);
      expect(await lookUp(runtime, 1)).toBe(20);
    },
  );

  it("does not pay for what another answers without end, which fails and serves on", async () => {
    const runtime = runtimeOf();
    await runtime.load("lookup", specOf(lookupModel()));
    await runtime.load("flood", specOf(floodModel()));
    const { pid } = await usageOf(runtime, "flood");
    const flood = refusal(ask(runtime, "flood", "size", 20_000_000));
    await beside(flood, () => lookUp(runtime, 1));
    expect(await flood).toMatchObject({
      code: "internal",
      message: expect.stringContaining("its tensors take 77 MiB, and at most 64 MiB are passed on"),
    });
    const [y] = await ask(runtime, "flood", "size", 15_000_000);
    expect(y?.shape).toEqual([15_000_000]);
    expect(await usageOf(runtime, "flood")).toMatchObject({ pid, restarts: 0 });
  });

  it("is untouched when another dies again and again, which is then said of it, and tried ever later", async () => {
    const runtime = runtimeOf();
    await runtime.load("lookup", specOf(lookupModel()));
    await runtime.load("loop", specOf(loopModel()));
    const said: string[] = [];
    runtime.onChange((key) => said.push(`${key} ${runtime.health(key)?.state}`));
    const healthy = await usageOf(runtime, "lookup");
    for (const state of ["ready", "ready", "crash-looping"]) {
      await waitFor(async () => (await refusal(ask(runtime, "loop", "rounds", 1))).code === "answered");
      const lost = refusal(ask(runtime, "loop", "rounds", FOR_EVER));
      await waitFor(async () => (await usageOf(runtime, "loop")).inFlight === 1);
      process.kill((await usageOf(runtime, "loop")).pid, "SIGSEGV");
      expect(await lost).toMatchObject({
        code: "internal",
        message: "The model failed: its process was ended by SIGSEGV",
      });
      await waitFor(() => runtime.health("loop")?.state === state, { what: state });
    }
    expect(runtime.health("loop")?.reason).toBe("its process was ended by SIGSEGV");
    expect(said).toContain("loop crash-looping");
    expect(said.join()).not.toContain("lookup");
    expect(await refusal(ask(runtime, "loop", "rounds", 1))).toMatchObject({
      code: "unavailable",
      message: "The model is being started again: its process was ended by SIGSEGV.",
      details: { retryAfterSeconds: 1 },
    });
    expect(await lookUp(runtime, 2)).toBe(30);
    expect(await usageOf(runtime, "lookup")).toMatchObject({ pid: healthy.pid, restarts: 0 });
  });
});

const boundsCpu = (() => {
  const group = createCgroup(`probe-${process.pid}`, { cpuMilli: 1000 });
  group.remove();
  return group.boundsCpu;
})();

/** Processor time of a process, in seconds: the kernel counts in hundredths. */
function processorSeconds(pid: number): number {
  const [, after = ""] = fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
  const [user, system] = after.split(" ").slice(11, 13).map(Number);
  return ((user ?? 0) + (system ?? 0)) / 100;
}

describe("a model's process", () => {
  it.runIf(boundsCpu)("gets no more of a core than its contract says", async () => {
    const runtime = runtimeOf();
    await runtime.load("loop", specOf(loopModel(), { cpuMilli: 200, deadlineMs: 1_500 }));
    const { pid } = await usageOf(runtime, "loop");
    const [began, before] = [performance.now(), processorSeconds(pid)];
    expect(await refusal(ask(runtime, "loop", "rounds", FOR_EVER))).toMatchObject({ code: "timed_out" });
    const used = processorSeconds(pid) - before;
    // A busy machine gives it less, none more.
    expect(used / ((performance.now() - began) / 1000)).toBeLessThan(0.3);
    expect(used).toBeGreaterThan(0);
  });

  it("answers each of many requests with its own, and sends again what waited when it died", async () => {
    const runtime = runtimeOf();
    await runtime.load("lookup", specOf(lookupModel()));
    const { pid } = await usageOf(runtime, "lookup");
    const places = Array.from({ length: 250 }, (_, n) => n % 4);
    const answers = Promise.allSettled(places.map((at) => lookUp(runtime, at)));
    process.kill(pid, "SIGKILL");
    const settled = await answers;
    const failed = settled.filter((each) => each.status === "rejected");
    // Only the one it was at work on.
    expect(failed.length).toBeLessThanOrEqual(1);
    for (const [n, each] of settled.entries())
      if (each.status === "fulfilled") expect(each.value).toBe(((places[n] ?? 0) + 1) * 10);
  });

  it("runs what waits together where that is allowed, until it died once", async () => {
    const runtime = runtimeOf();
    await runtime.load("alone", specOf(companyModel()));
    await runtime.load("together", specOf(companyModel(), { batchRows: 8 }));
    const company = async (key: string, n: number) => {
      const x = { name: "x", datatype: "FP32" as const, shape: [1], data: Float32Array.of(1000 * n) };
      const [y] = await runtime.infer(key, [x]);
      expect(y?.shape).toEqual([1]);
      return Number(y?.data[0]) - 1000 * n;
    };
    const all = (key: string) => Promise.all(Array.from({ length: 40 }, (_, n) => company(key, n)));
    expect(new Set(await all("alone"))).toEqual(new Set([1]));
    const sizes = await all("together");
    expect(Math.max(...sizes)).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(8);
    const { pid } = await usageOf(runtime, "together");
    process.kill(pid, "SIGKILL");
    await waitFor(async () => (await usageOf(runtime, "together")).restarts === 1, { what: "a new process" });
    expect(new Set(await all("together"))).toEqual(new Set([1]));
  });

  it("tells none of those that run together of another's fault", async () => {
    const runtime = runtimeOf();
    await runtime.load("lookup", specOf(lookupModel(), { batchRows: 16 }));
    const places = Array.from({ length: 64 }, (_, n) => (n === 20 ? 99 : n % 4));
    const answers = await Promise.allSettled(places.map((at) => lookUp(runtime, at)));
    for (const [n, each] of answers.entries()) {
      expect(each.status, String(n)).toBe(n === 20 ? "rejected" : "fulfilled");
      if (each.status === "fulfilled") expect(each.value).toBe((n % 4) * 10 + 10);
    }
  });

  it("turns away what would wait too long in line", async () => {
    const runtime = runtimeOf();
    await runtime.load("loop", specOf(loopModel(), { deadlineMs: 500 }));
    const all = await Promise.all([
      refusal(ask(runtime, "loop", "rounds", FOR_EVER)),
      ...Array.from({ length: 300 }, () => refusal(ask(runtime, "loop", "rounds", 1))),
    ]);
    const full = all.filter((each) => each.code === "unavailable");
    expect(full.length).toBeGreaterThan(0);
    expect(full[0]).toMatchObject({ details: { retryAfterSeconds: 1 } });
  });

  it("says of an error inside the model what it is, as the model's fault and without places of this machine", async () => {
    const runtime = runtimeOf();
    await runtime.load("lookup", specOf(lookupModel()));
    const wrong = await refusal(lookUp(runtime, 99));
    expect(wrong.code).toBe("internal");
    expect(wrong.message).toContain("indices element out of data bounds, idx=99");
    expect(await lookUp(runtime, 3)).toBe(40);
    for (const model of [Buffer.from("no model"), externalModel("/etc/passwd"), externalModel("../../x")]) {
      const unfit = await refusal(runtime.load("unfit", specOf(model)));
      expect(unfit.code).toBe("invalid");
      expect(unfit.message).toContain("not a model this runtime can load");
      expect(unfit.message).not.toContain(runtime.folder);
      expect(unfit.message).not.toContain("onnxruntime_src");
    }
    expect((await runtime.usage()).map((each) => each.key)).toEqual(["lookup"]);
  });

  it("says of a datatype that the runtime has no values of that it has none", async () => {
    const brain = await refusal(runtimeOf().load("brain", specOf(identityModel("BF16", ["n"]))));
    expect(brain.code).toBe("invalid");
    expect(brain.message).toBe("an input or output has the type bfloat16, which is not served");
  });

  it("loads only bytes that have the attested digest, and only paths within its own folder", async () => {
    const runtime = runtimeOf();
    const good = specOf(lookupModel());
    const [file] = good.files;
    if (!file) throw new Error("no file");
    const forged = { ...good, files: [{ ...file, digest: `sha256:${"0".repeat(64)}` }] };
    expect(await refusal(runtime.load("forged", forged))).toMatchObject({
      code: "invalid",
      message: expect.stringContaining("do not have the digest that was attested"),
    });
    for (const at of ["../model.onnx", "/etc/model.onnx", "a/../../model.onnx", "a//b", ""]) {
      const climbing = { ...good, entry: at, files: [{ ...file, path: at }] };
      expect(await refusal(runtime.load("climbs", climbing))).toMatchObject({ code: "invalid" });
    }
  });

  it.runIf(onLinux)(
    "has nothing of ours: no environment, another user, its own files, lower priority",
    async () => {
      const runtime = runtimeOf();
      await runtime.load("lookup", specOf(lookupModel(), {}, { "beside.bin": new Uint8Array(4) }));
      const { pid } = await usageOf(runtime, "lookup");
      const environment = fs.readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").filter(Boolean);
      expect(environment.filter((each) => !/^(PWD|OLDPWD|_)=/.test(each))).toEqual([
        "ORT_DISABLE_TELEMETRY=1",
      ]);
      const cwd = fs.readlinkSync(`/proc/${pid}/cwd`);
      expect(fs.readdirSync(path.join(cwd, "0")).toSorted()).toEqual(["beside.bin", "model.onnx"]);
      const [, , , , , , , , , , , , , , , , , , niceness] = fs
        .readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/\(.*\)/, "x")
        .split(" ");
      expect(Number(niceness)).toBeGreaterThan(0);
      expect(fs.readFileSync(`/proc/${pid}/limits`, "utf8")).toMatch(/Max core file size +0 +0/);
      if (!isRoot) return;
      const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
      const [, uid] = /^Uid:\s+(\d+)\s+\1\s+\1\s+\1$/m.exec(status) ?? [];
      expect(Number(uid)).toBeGreaterThanOrEqual(userRange("models")?.first ?? Infinity);
      expect(status).toMatch(/^Groups:\s*$/m);
      expect(status).toMatch(/^CapEff:\s+0+$/m);
      // Ours, and only lent: a model that could change its file would be another after its next start.
      expect(fs.statSync(path.join(cwd, "0/model.onnx"))).toMatchObject({
        uid: 0,
        gid: Number(uid),
        mode: 0o100440,
      });
      await runtime.load("other", specOf(lookupModel()));
      const other = fs.readFileSync(`/proc/${(await usageOf(runtime, "other")).pid}/status`, "utf8");
      expect(other).not.toContain(`Uid:\t${uid}\t`);
    },
  );

  it("is shared by small models of one owner where the operator wants it, and all of them outlive its end", async () => {
    const runtime = runtimeOf({ sharing: true });
    const small = { memoryBytes: 1024 ** 2, deadlineMs: 400 };
    const shared = (model: Uint8Array, shareWith: string) => ({ ...specOf(model, small), shareWith });
    await Promise.all([
      runtime.load("a", shared(lookupModel(), "team_1")),
      runtime.load("b", shared(loopModel(), "team_1")),
      runtime.load("c", shared(lookupModel(), "team_2")),
      runtime.load("d", { ...specOf(lookupModel(), { memoryBytes: 1024 ** 3 }), shareWith: "team_1" }),
    ]);
    const pids = new Map((await runtime.usage()).map((each) => [each.key, each.pid]));
    expect(pids.get("b")).toBe(pids.get("a"));
    expect(new Set(pids.values()).size).toBe(3);
    expect(await refusal(ask(runtime, "b", "rounds", FOR_EVER))).toMatchObject({ code: "timed_out" });
    await waitFor(async () => (await usageOf(runtime, "a")).restarts === 1, { what: "a new process" });
    await waitFor(async () => (await lookUp(runtime, 1, "a").catch(() => 0)) === 20);
    expect(await ask(runtime, "b", "rounds", 1)).toHaveLength(1);
    await runtime.unload("b");
    expect(await lookUp(runtime, 1, "a")).toBe(20);
    await runtime.unload("a");
    expect((await runtime.usage()).map((each) => each.key).toSorted()).toEqual(["c", "d"]);
  });

  it("answers what it was asked before it is taken out of service", async () => {
    const runtime = runtimeOf();
    await runtime.load("lookup", specOf(lookupModel()));
    const answers = Promise.all(Array.from({ length: 50 }, () => lookUp(runtime, 1)));
    const gone = runtime.unload("lookup");
    expect(await answers).toEqual(Array.from({ length: 50 }, () => 20));
    await gone;
    expect(await refusal(lookUp(runtime, 1))).toMatchObject({ code: "unavailable" });
  });
});

it.runIf(onLinux)("nothing leaks over loads, deaths, new starts and unloads", async () => {
  const runtime = runtimeOf();
  let copies = "";
  const count = () => ({
    descriptors: fs.readdirSync("/proc/self/fd").length,
    children: execFileSync("ps", ["-o", "pid=", "--ppid", String(process.pid)], { encoding: "utf8" })
      .trim()
      .split("\n").length,
    copies: copies === "" ? 0 : fs.readdirSync(copies).length,
    groups: execFileSync("find", ["/sys/fs/cgroup", "-name", `modelworks-model-${process.pid}-*`]).length,
  });
  const cycle = async () => {
    await runtime.load("lookup", specOf(lookupModel()));
    const { pid } = await usageOf(runtime, "lookup");
    copies = path.dirname(fs.readlinkSync(`/proc/${pid}/cwd`));
    process.kill(pid, "SIGKILL");
    await waitFor(async () => (await usageOf(runtime, "lookup")).restarts === 1);
    expect(await lookUp(runtime, 1)).toBe(20);
    await runtime.unload("lookup");
  };
  await cycle();
  const before = count();
  for (let n = 0; n < 15; n += 1) await cycle();
  await waitFor(() => isDeepStrictEqual(count(), before), {
    what: `${JSON.stringify(before)}, as before`,
  });
});

it.runIf(onLinux)(
  "a killed gateway takes its models along, also one that is stuck in a request",
  async () => {
    const script = path.join(import.meta.dirname, "testing-gateway-main.ts");
    const gateway = spawn(process.execPath, ["--import", "tsx", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    gateway.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const pids = await waitFor(() => /^pids (\d+) (\d+)\n/m.exec(said)?.slice(1).map(Number), {
      timeoutMs: 60_000,
      what: "two models, one of them stuck",
    });
    expect(pids.map(isAlive)).toEqual([true, true]);
    gateway.kill("SIGKILL");
    await once(gateway, "exit");
    await waitFor(() => pids.every((pid) => !isAlive(pid)), { what: "both are gone" });
  },
);
