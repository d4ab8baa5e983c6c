/**
 * A healthy model beside sick ones: `npx tsx bench/neighbours.ts`. Prints its p50 and p99 alone and beside a model that loops for ever, one that
 * takes its time, one that asks for ever more memory, and one that dies again and again. `-- --restarts 1000` counts what is left over after
 * so many deaths and new starts.
 */
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import {
  lookupModel,
  loopModel,
  swellModel,
} from "@/server/adapters/model-runtime/onnx/testing-hostile-models";
import { makeRuntime, specOf } from "@/server/adapters/model-runtime/testing";
import { printMachine } from "./measure";

const SECONDS = 5;
const FOR_EVER = 2 ** 52;
const runtime = makeRuntime();

const ask = (key: string, name: string, value: number) =>
  runtime.infer(key, [{ name, datatype: "INT64", shape: [1], data: BigInt64Array.of(BigInt(value)) }]);

/** One caller at a time for some seconds; milliseconds at p50 and p99. */
async function healthy(): Promise<{ p50: number; p99: number }> {
  const latencies: number[] = [];
  for (const end = performance.now() + SECONDS * 1000; performance.now() < end;) {
    const sent = performance.now();
    await ask("healthy", "at", 1);
    latencies.push(performance.now() - sent);
  }
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

/** The same while a sick model is asked again and again. */
async function beside(what: string, sick: () => Promise<unknown>, alone: { p99: number }): Promise<void> {
  let over = false;
  const asking = (async () => {
    while (!over) await sick().catch(() => new Promise((resolve) => setTimeout(resolve, 5)));
  })();
  const { p50, p99 } = await healthy();
  over = true;
  console.log(
    `  ${what.padEnd(28)} p50 ${p50.toFixed(3)} ms  p99 ${p99.toFixed(3)} ms  ${(p99 / alone.p99).toFixed(2)} times alone`,
  );
  await asking;
}

const pidOf = async (key: string) => (await runtime.usage()).find((each) => each.key === key)?.pid ?? 0;

async function neighbours(): Promise<void> {
  await runtime.load("healthy", specOf(lookupModel()));
  await healthy();
  const alone = await healthy();
  console.log(`  ${"alone".padEnd(28)} p50 ${alone.p50.toFixed(3)} ms  p99 ${alone.p99.toFixed(3)} ms`);
  await runtime.load("loop", specOf(loopModel(), { deadlineMs: 1_000 }));
  await beside("one that loops for ever", () => ask("loop", "rounds", FOR_EVER), alone);
  await runtime.load("slow", specOf(loopModel()));
  await beside("one that takes seconds", () => ask("slow", "rounds", 1_500_000), alone);
  await runtime.load("swell", specOf(swellModel(), { memoryBytes: 200 * 1024 ** 2 }));
  await beside("one that swells", () => ask("swell", "size", 1e10), alone);
  await runtime.load("dies", specOf(lookupModel()));
  await beside(
    "one that dies",
    async () => {
      process.kill(await pidOf("dies"), "SIGKILL");
      await ask("dies", "at", 1);
    },
    alone,
  );
}

function left() {
  const children = execFileSync("ps", ["-o", "pid=", "--ppid", String(process.pid)], { encoding: "utf8" });
  const mebibytes = Math.round(process.memoryUsage.rss() / 1024 ** 2);
  return `${readdirSync("/proc/self/fd").length} descriptors, ${children.trim().split("\n").length} children, ${mebibytes} MiB resident`;
}

async function restarts(count: number): Promise<void> {
  for (let n = 0; n <= count; n += 1) {
    await runtime.load("one", specOf(lookupModel()));
    process.kill(await pidOf("one"), "SIGKILL");
    while ((await runtime.usage())[0]?.restarts !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
    await ask("one", "at", 1);
    await runtime.unload("one");
    if (n % Math.max(1, Math.floor(count / 4)) === 0) console.log(`  after ${n}: ${left()}`);
  }
}

printMachine();
const asked = process.argv.indexOf("--restarts");
try {
  if (asked < 0) await neighbours();
  else await restarts(Number(process.argv[asked + 1] ?? 1000));
} finally {
  await runtime.close();
}
