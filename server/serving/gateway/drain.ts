import { setTimeout as pause } from "node:timers/promises";
import { log } from "@/server/core/log";
import type { SpoolReader } from "./spool-reader";

const FLUSH_MS = 100;
const RETRY_MS = 500;

/** Hands what the spool holds to `store`, batch by batch, until told to stop. While `store` fails, records wait on disk. */
export async function drainSpool(
  spool: SpoolReader,
  store: (records: unknown[]) => Promise<unknown>,
  isStopping: () => boolean,
): Promise<void> {
  while (!isStopping()) {
    try {
      const count = await spool.drain(async (records) => {
        await store(records);
      });
      await pause(count > 0 ? FLUSH_MS / 4 : FLUSH_MS);
    } catch (error) {
      log.warn({ err: error }, "predictions wait on disk for the database");
      await pause(RETRY_MS);
    }
  }
}
