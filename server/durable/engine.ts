import os from "node:os";
import { DBOS, DBOSClient } from "@dbos-inc/dbos-sdk";
import { sql } from "drizzle-orm";
import pg from "pg";
import { db, type Db } from "@/db/client";
import { env } from "@/server/core/env";
import { log } from "@/server/core/log";

const SILENT_MS = 10_000;
const SWEEP_MS = 1_500;
/** Any fixed number: it keeps two workers from taking over the same workflow. */
const SWEEP_LOCK = 7_203_010;

const quiet = log.child({ part: "durable" });
const logger = {
  info: (entry: unknown) => quiet.debug({ entry }),
  debug: (entry: unknown) => quiet.trace({ entry }),
  warn: (entry: unknown) => quiet.warn({ entry }),
  error: (entry: unknown) => quiet.error({ entry }),
};

/** Launches the engine under this process's own executor id. Workflows must be defined before. */
export async function launchEngine(executorId: string): Promise<void> {
  const pool = new pg.Pool({
    connectionString: env().databaseUrl,
    max: 15,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    idle_in_transaction_session_timeout: 60_000,
    application_name: "modelworks-durable",
  });
  // Unheard, the loss of a connection that is in use would end the process.
  pool.on("connect", (client) =>
    client.on("error", (error) => quiet.warn({ err: error }, "connection lost in use")),
  );
  pool.on("error", (error) => quiet.warn({ err: error }, "database connection lost"));
  DBOS.setConfig({
    name: "modelworks",
    systemDatabaseUrl: env().databaseUrl,
    systemDatabasePool: pool,
    executorID: executorId,
    applicationVersion: "modelworks-v1",
    logger,
  });
  await DBOS.launch();
  client = await DBOSClient.create({
    systemDatabaseUrl: env().databaseUrl ?? "",
    systemDatabasePool: pool,
    applicationName: "modelworks",
    logger,
  });
}

let client: DBOSClient | undefined;

/**
 * Gives a running workflow back to the queue, to go on at its last recorded step. It speaks to the tables directly: the
 * engine's own call, made inside a workflow, would be recorded as one of its steps.
 */
export async function requeueWorkflow(id: string): Promise<void> {
  if (!client) throw new Error("The engine is not launched.");
  await client.resumeWorkflow(id);
}

interface ProcessRow extends Record<string, unknown> {
  id: string;
  host: string;
  pid: number;
  beat: string;
}

/**
 * When this process saw each worker's heartbeat change last. Silence is measured by our own clock and only while the database
 * answers: after an outage, or with clocks that differ, every worker's last beat looks old although all of them live.
 */
const watched = new Map<string, { beat: string; sinceMs: number }>();
/** Time spent watching. A gap between two sweeps counts as one beat at most: then it was us who did not look. */
let watchedMs = 0;
let lastSweepMs = 0;

function isGone(row: ProcessRow): boolean {
  const known = watched.get(row.id);
  if (known?.beat !== row.beat) watched.set(row.id, { beat: row.beat, sinceMs: watchedMs });
  else if (watchedMs - known.sinceMs > SILENT_MS) return true;
  if (row.host !== os.hostname()) return false;
  try {
    process.kill(row.pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

/** Executors that live: not silent for 10 s and, on this machine, still a process. A worker writes its row before it launches. */
async function livingExecutors(tx: Db): Promise<Set<string>> {
  const nowMs = performance.now();
  watchedMs += Math.min(nowMs - lastSweepMs, 2 * SWEEP_MS);
  lastSweepMs = nowMs;
  const { rows } = await tx.execute<ProcessRow>(
    sql`select id, host, pid, seen_at::text as beat from processes where kind = 'worker'`,
  );
  return new Set(rows.filter((row) => !isGone(row)).map((row) => row.id));
}

/** Takes over the pending workflows of executors that fell silent. Returns their ids; one worker does it at a time. */
export async function sweep(ownId: string): Promise<string[]> {
  try {
    return await db().transaction(async (tx) => {
      // A sweeper that hangs must not keep the others from sweeping.
      await tx.execute(sql`set local idle_in_transaction_session_timeout = '10s'`);
      const { rows } = await tx.execute<{ got: boolean }>(
        sql`select pg_try_advisory_xact_lock(${SWEEP_LOCK}) as got`,
      );
      const living = await livingExecutors(tx);
      if (!rows[0]?.got) return [];
      living.add(ownId);
      const pending = await DBOS.listWorkflows({ status: "PENDING", loadInput: false, loadOutput: false });
      const orphaned = pending
        .filter((workflow) => workflow.executorId && !living.has(workflow.executorId))
        .map((workflow) => workflow.workflowID);
      if (orphaned.length > 0) {
        quiet.info({ orphaned }, "taking over workflows of a worker that fell silent");
        await DBOS.resumeWorkflows(orphaned);
      }
      return orphaned;
    });
  } catch (error) {
    watched.clear();
    throw error;
  }
}

/** Sweeps every 1.5 s until stopped. */
export function startSweeper(ownId: string): () => void {
  let stopped = false;
  const again = () => {
    if (stopped) return;
    setTimeout(() => {
      sweep(ownId)
        .catch((error: unknown) => quiet.warn({ err: error }, "sweep failed"))
        .finally(again);
    }, SWEEP_MS).unref();
  };
  again();
  return () => {
    stopped = true;
  };
}

/** Ends the engine; work in progress goes on in another worker, or in the next one. */
export async function stopEngine(): Promise<void> {
  await DBOS.shutdown();
  await client?.destroy();
  client = undefined;
}
