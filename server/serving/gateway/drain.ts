import { setTimeout as pause } from "node:timers/promises";
import { log } from "@/server/core/log";
import { faultOf } from "./record-fault";
import { UnreadableRecord } from "./spool-format";
import type { SpoolReader } from "./spool-reader";

const BATCH = 500;
/** How often an empty spool is looked at. */
const LOOK_MS = 100;
/** A transaction costs more than its rows: what comes within this time shares one. */
const GATHER_MS = 250;
/** Between two of a spool that holds more than one takes, so that requests come in between. */
const BREATH_MS = 25;
const RETRY_MS = 500;
/** A record that fails by itself this often is set aside. */
export const MAX_TRIES = 3;

export interface DrainTarget {
  /** Stores all or none. A record that was stored before does no harm. */
  store(records: readonly unknown[]): Promise<unknown>;
  /** Keeps a record that cannot be stored, and why. */
  setAside(record: unknown, error: unknown, tries: number): Promise<unknown>;
}

interface Failed {
  record: unknown;
  error: unknown;
}

async function storeAlone(target: DrainTarget, record: unknown): Promise<Failed | undefined> {
  let error: unknown;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- each try follows the failure of the one before
      await target.store([record]);
      return undefined;
    } catch (caught) {
      if (faultOf(caught) === "database") throw caught;
      error = caught;
    }
  }
  return { record, error };
}

/** Stores what can be stored; returns the records that fail by themselves. */
async function storeParts(target: DrainTarget, records: readonly unknown[]): Promise<Failed[]> {
  const [only] = records;
  if (records.length <= 1) {
    const failed = await storeAlone(target, only);
    return failed ? [failed] : [];
  }
  try {
    await target.store(records);
    return [];
  } catch (error) {
    if (faultOf(error) === "database") throw error;
    const middle = Math.ceil(records.length / 2);
    const first = await storeParts(target, records.slice(0, middle));
    return [...first, ...(await storeParts(target, records.slice(middle)))];
  }
}

/**
 * Stores a batch. When it fails, the records at fault are looked for and set aside, so that no record stops the recording of others. A
 * database that is away is nobody's fault: it fails for all of them alike, and they wait.
 */
export async function storeBatch(target: DrainTarget, records: readonly unknown[]): Promise<void> {
  const readable = records.filter((record) => !(record instanceof UnreadableRecord));
  if (readable.length > 0) {
    try {
      await target.store(readable);
    } catch (error) {
      if (faultOf(error) === "database") throw error;
      const failed = await storeParts(target, readable);
      // What fails for all of them without being theirs (a table that is missing) is no reason to set them aside.
      const isNobodys =
        failed.length === readable.length && failed.some((each) => faultOf(each.error) !== "record");
      if (isNobodys) throw error;
      for (const each of failed) await target.setAside(each.record, each.error, MAX_TRIES);
    }
  }
  for (const record of records) {
    if (record instanceof UnreadableRecord) await target.setAside(record, new Error("It is no JSON."), 1);
  }
}

/** Hands what the spool holds to `target`, batch by batch, until told to stop. While the database is away, records wait on disk. */
export async function drainSpool(
  spool: SpoolReader,
  target: DrainTarget,
  isStopping: () => boolean,
): Promise<void> {
  while (!isStopping()) {
    try {
      const count = await spool.drain((records) => storeBatch(target, records), BATCH);
      await pause(count === BATCH ? BREATH_MS : count > 0 ? GATHER_MS : LOOK_MS);
    } catch (error) {
      log.warn({ err: error }, "predictions wait on disk for the database");
      await pause(RETRY_MS);
    }
  }
}
