import os from "node:os";
import { DBOS } from "@dbos-inc/dbos-sdk";
import { sql } from "drizzle-orm";
import pg from "pg";
import { db } from "@/db/client";
import { env } from "@/server/core/env";
import { log } from "@/server/core/log";

const SILENT_SECONDS = 10;
const SWEEP_MS = 1_500;

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
    application_name: "modelworks-durable",
  });
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
}

interface ProcessRow extends Record<string, unknown> {
  id: string;
  host: string;
  pid: number;
  silent: boolean;
}

function isGone(row: ProcessRow): boolean {
  if (row.silent) return true;
  if (row.host !== os.hostname()) return false;
  try {
    process.kill(row.pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

/** Executors that live: heard of within 10 s and, on this machine, still a process. */
async function livingExecutors(): Promise<Set<string>> {
  const { rows } = await db().execute<ProcessRow>(sql`
    select id, host, pid, seen_at < now() - make_interval(secs => ${SILENT_SECONDS}) as silent from processes where kind = 'worker'`);
  return new Set(rows.filter((row) => !isGone(row)).map((row) => row.id));
}

/** Takes over the pending workflows of executors that fell silent. Returns their ids. */
export async function sweep(ownId: string): Promise<string[]> {
  const living = await livingExecutors();
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

export const stopEngine = (): Promise<void> => DBOS.shutdown();
