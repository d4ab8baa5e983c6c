import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { AppError } from "@/server/core/errors";
import { type AttemptFolder, readKeeper } from "./attempt-folder";

const START_TIMEOUT_MS = 20_000;
const LOOK_EVERY_MS = 10;

/** What the keeper must know and no file may hold. */
export interface KeeperSecrets {
  secrets: Record<string, string>;
  /** Settings for reaching packages: the addresses of indexes may hold passwords. */
  buildEnv: Record<string, string>;
}

/**
 * Starts the keeper of an attempt in its own session, with nothing of our environment, and waits until some keeper
 * holds the attempt. Error: `unavailable` when none does in 20 s.
 */
export async function launchKeeper(files: AttemptFolder, told: KeeperSecrets): Promise<void> {
  const program = fileURLToPath(new URL("./shim/main.mjs", import.meta.url));
  const errors = openSync(files.keeperErrors, "a", 0o600);
  const keeper = spawn(process.execPath, [program, files.folder], {
    cwd: files.folder,
    detached: true,
    env: { NODE_ENV: "production" },
    stdio: ["pipe", "ignore", errors],
  });
  closeSync(errors);
  // A keeper that ends before it listens is told below.
  keeper.stdin?.on("error", () => undefined);
  keeper.stdin?.end(JSON.stringify(told));
  keeper.unref();
  let ended = false;
  keeper.once("exit", () => {
    ended = true;
  });
  keeper.once("error", () => {
    ended = true;
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (readKeeper(files) === null) {
    if (ended || Date.now() > deadline) {
      // It may have taken hold between the two looks.
      if (readKeeper(files) !== null) return;
      const cause = readFileSync(files.keeperErrors, "utf8").trim().split("\n").at(-1) ?? "";
      throw new AppError("unavailable", `The job could not be started on this machine. ${cause}`.trim(), {
        hint: "Look whether the machine has free memory, processes and disk space, then try again.",
      });
    }
    await sleep(LOOK_EVERY_MS);
  }
}
