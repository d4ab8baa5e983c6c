import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openDb } from "@/db/client";
import { migrateDatabase } from "@/db/migrate";
import { apiTokens, memberships, teams, users } from "@/db/schema";
import { newApiToken, tokenHash, tokenPrefix } from "@/server/auth/token-format";
import { startPostgres } from "@/server/launcher/postgres";

export const TEAM = "team_bench";

/** A fresh embedded Postgres with one team, one person and one token; servers started here use it, each in a process of its own. */
export async function benchStand() {
  const home = mkdtempSync(path.join(tmpdir(), "mw-bench-"));
  const postgres = await startPostgres({ home });
  await migrateDatabase(postgres.ownerUrl);
  const { db, close } = openDb(postgres.appUrl, { max: 2 });
  const token = newApiToken();
  await db.insert(teams).values({ id: TEAM, slug: "bench", name: "Bench" });
  await db.insert(users).values({ id: "usr_bench", email: "bench@bench.local", name: "Bench" });
  await db.insert(memberships).values({ teamId: TEAM, userId: "usr_bench", role: "member" });
  await db.insert(apiTokens).values({
    id: "tok_bench",
    teamId: TEAM,
    userId: "usr_bench",
    name: "bench",
    prefix: tokenPrefix(token),
    hash: tokenHash(token),
    scopes: ["track", "infer", "write"],
    expiresAt: new Date(Date.now() + 3_600_000),
  });
  const stops: (() => Promise<void>)[] = [];
  return {
    token,
    home,
    db,
    ownerUrl: postgres.ownerUrl,
    /** Starts `bench/servers/<name>.ts` and resolves with its port. */
    serve: async (name: string): Promise<number> => {
      const server = await startServer(name, {
        DATABASE_URL: postgres.appUrl,
        MODELWORKS_HOME: home,
        AUTH_SECRET: "bench".repeat(8),
        NODE_ENV: "production",
      });
      stops.push(server.stop);
      return server.port;
    },
    stop: async () => {
      await Promise.all(stops.map((stop) => stop()));
      await close();
      await postgres.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function startServer(name: string, environment: Record<string, string>) {
  const child = fork(path.join(import.meta.dirname, "servers", `${name}.ts`), {
    execArgv: ["--import", "tsx", ...(process.env.BENCH_NODE_OPTIONS?.split(" ") ?? [])],
    env: { ...process.env, ...environment },
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  return new Promise<{ port: number; stop: () => Promise<void> }>((resolve, reject) => {
    child.once("message", (message) => resolve({ port: Number(message), stop }));
    child.once("exit", (code) => reject(new Error(`bench/servers/${name}.ts ended with code ${code}`)));
  });
}
