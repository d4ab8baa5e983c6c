import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { inheritedEnvironment } from "@/server/core/env";
import { AppError } from "@/server/core/errors";
import { withOwnKeyring } from "@/server/core/own-keyring.mjs";
import { type AttemptFolder, readKeeper } from "./attempt-folder";
import type { Isolation } from "./shim/isolation.mjs";

export interface KeeperSettings {
  root: string;
  python: string | null;
  path: string;
  hidden: string[];
  logMaxBytes: number;
  prepareTimeoutMs: number;
  collectTimeoutMs: number;
  isolation: Isolation;
}

const START_TIMEOUT_MS = 20_000;
const LOOK_EVERY_MS = 10;

/** What the keeper is told as it starts. No file may hold the secrets; the settings are those of today, not of the day of submission. */
export interface KeeperOrders {
  settings: KeeperSettings;
  secrets: Record<string, string>;
  /** Settings for reaching packages: the addresses of indexes may hold passwords. */
  buildEnv: Record<string, string>;
}

/**
 * Starts the keeper of an attempt in its own session, with nothing of our environment, and waits until some keeper
 * holds the attempt. Error: `unavailable` when none does in 20 s.
 */
export async function launchKeeper(files: AttemptFolder, told: KeeperOrders): Promise<void> {
  const program = fileURLToPath(new URL("./shim/main.mjs", import.meta.url));
  rmSync(files.earlierSecrets, { force: true });
  const errors = openSync(files.keeperErrors, "a", 0o600);
  const { HOME } = inheritedEnvironment();
  const [caller, ...words] = withOwnKeyring([process.execPath, program, files.folder]);
  const keeper = spawn(caller, words, {
    cwd: files.folder,
    detached: true,
    // Where our user keeps everything, so that it is shown to no job; an account may not say it.
    env: { NODE_ENV: "production", ...(HOME === undefined ? {} : { HOME }) },
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
