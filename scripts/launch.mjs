// Runs server/main.ts by tsx, hands it our signals, and ends with its exit code.
import { spawn } from "node:child_process";
import { root } from "./prepare.mjs";

const LOOK_MS = 500;

export function launch(environment = {}, entry = "server/main.ts") {
  const child = spawn(process.execPath, ["--import", "tsx", entry], {
    cwd: root,
    // The channel tells it when we are gone, however we went: then it stops in order.
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    // Its own group, or Ctrl-C would reach it twice: from the terminal and from us.
    detached: true,
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1", ...environment },
  });
  const stop = (signal) => child.kill(signal);
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => stop(signal));
  // npm hands a signal to the shell between us, which ends and tells nobody.
  if (process.env.npm_lifecycle_event) whenParentEnds(() => stop("SIGTERM"));
  child.on("exit", (code) => process.exit(code ?? 1));
}

function whenParentEnds(then) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    then();
  }, LOOK_MS);
  timer.unref();
}
