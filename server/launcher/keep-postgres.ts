import { setTimeout as delay } from "node:timers/promises";
import { startPostgres, type PostgresOptions, type RunningPostgres } from "./postgres";

const LAST_BACKOFF_MS = 5_000;

export interface KeptPostgres {
  ownerUrl: string;
  appUrl: string;
  adopted: boolean;
  /** Process id of the server that runs now. */
  pid(): number;
  stop(): Promise<void>;
}

/** Runs Postgres and starts it again, at the same address, whenever it dies. Reports through `print`. */
export async function keepPostgres(
  options: PostgresOptions,
  print: (line: string) => void,
): Promise<KeptPostgres> {
  let current: RunningPostgres = await startPostgres(options);
  let stopping = false;
  const isStopping = () => stopping;
  const watch = async (): Promise<void> => {
    while (!isStopping()) {
      await current.onExit;
      if (stopping) return;
      print("postgres ended; starting it again");
      const startedAt = performance.now();
      const again = await restart(options, print, isStopping);
      if (!again) return;
      current = again;
      print(`postgres is back after ${Math.round(performance.now() - startedAt)} ms`);
    }
  };
  const watching = watch();
  return {
    ownerUrl: current.ownerUrl,
    appUrl: current.appUrl,
    adopted: current.adopted,
    pid: () => current.pid,
    stop: async () => {
      stopping = true;
      await current.stop();
      await watching;
      // A restart that was under way when the stop came has a server of its own.
      await current.stop();
    },
  };
}

async function restart(
  options: PostgresOptions,
  print: (line: string) => void,
  stopped: () => boolean,
): Promise<RunningPostgres | undefined> {
  for (let pauseMs = 100; !stopped(); pauseMs = Math.min(pauseMs * 2, LAST_BACKOFF_MS)) {
    try {
      const started = await startPostgres({ ...options, keepPort: true });
      if (!stopped()) return started;
      await started.stop();
    } catch (error) {
      print(`postgres did not start: ${error instanceof Error ? error.message : String(error)}`);
      await delay(pauseMs);
    }
  }
  return undefined;
}
