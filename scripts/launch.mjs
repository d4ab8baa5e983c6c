// Runs server/main.ts by tsx, hands it our signals, and ends with its exit code.
import { spawn } from "node:child_process";
import { root } from "./prepare.mjs";

export function launch(environment = {}) {
  const child = spawn(process.execPath, ["--import", "tsx", "server/main.ts"], {
    cwd: root,
    stdio: "inherit",
    // Its own group, or Ctrl-C would reach it twice: from the terminal and from us.
    detached: true,
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1", ...environment },
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code) => process.exit(code ?? 1));
}
