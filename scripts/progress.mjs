// What a long command is at, in a line for each step and one in between when it takes long: on a busy machine minutes pass, and nobody should wonder.
import { spawn } from "node:child_process";

const QUIET_MS = 15_000;

/** What Next says it does → what we say. */
export const BUILD_STEPS = [
  [/Creating an optimized production build/, "compiling"],
  [/(Running|Checking) .*TypeScript|Linting and checking/, "checking types"],
  [/Collecting page data/, "collecting what the pages need"],
  [/Generating static pages/, "writing pages"],
  [/Finalizing page optimization/, "finishing"],
];

const seconds = (ms) => `${Math.round(ms / 1000)} s`;

/** Tells steps as a command's output names them. `quiet` is asked from time to time and tells that it is still at it. */
export function progressOf(what, steps, print) {
  let step = "";
  let toldMs = 0;
  const told = (text, nowMs) => {
    toldMs = nowMs;
    print(`  ${what}: ${text}, ${seconds(nowMs)} so far`);
  };
  return {
    line(text, nowMs) {
      const next = steps.find(([pattern]) => pattern.test(text))?.[1];
      if (next === undefined || next === step) return;
      step = next;
      told(step, nowMs);
    },
    quiet(nowMs) {
      if (nowMs - toldMs >= QUIET_MS) told(step ? `still ${step}` : "still at it", nowMs);
    },
  };
}

/** Runs a command and tells how far it is. @returns its exit code and everything it said */
export async function runTold(what, command, args, options, { steps = [], print = console.log } = {}) {
  const begun = performance.now();
  const since = () => performance.now() - begun;
  const progress = progressOf(what, steps, print);
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const timer = setInterval(() => progress.quiet(since()), 1_000);
  const stop = (signal) => {
    child.kill(signal);
    process.exit(130);
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text) => {
      output += text;
      for (const line of text.split(/[\r\n]+/)) progress.line(line, since());
    });
  }
  const code = await new Promise((resolve) => {
    child.once("error", (error) => {
      output += error.message;
      resolve(1);
    });
    child.once("close", resolve);
  });
  clearInterval(timer);
  process.off("SIGINT", stop).off("SIGTERM", stop);
  return { code, output, ms: since() };
}
