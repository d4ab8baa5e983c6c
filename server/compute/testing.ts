import { fork, type ChildProcess } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Db } from "@/db/client";
import { memberships, teams, users } from "@/db/schema";
import { waitFor } from "@/db/testing";
import type { Actor, TeamRole } from "@/server/core/actor";
import { newId } from "@/server/core/ids";

/** A home folder and settings for this test process, before anything reads them. */
export function prepareHome(databaseUrl: string): string {
  const home = mkdtempSync(path.join(tmpdir(), "mw-compute-"));
  Object.assign(process.env, {
    DATABASE_URL: databaseUrl,
    MODELWORKS_HOME: home,
    AUTH_SECRET: "0123456789abcdef0123456789abcdef",
    LOG_LEVEL: "error",
  });
  return home;
}

export async function makeTeam(db: Db, slug: string): Promise<string> {
  const id = newId("team");
  await db.insert(teams).values({ id, slug, name: `Team ${slug}` });
  return id;
}

/** A person of a team, as the actor that doors would resolve. */
export async function makePerson(
  db: Db,
  teamId: string,
  name: string,
  options: { role?: TeamRole; platform?: boolean } = {},
): Promise<Actor> {
  const userId = newId("user");
  const isPlatformAdmin = options.platform ?? false;
  const role = options.role ?? "member";
  await db.insert(users).values({ id: userId, email: `${userId}@test.local`, name, isPlatformAdmin });
  await db.insert(memberships).values({ teamId, userId, role });
  return { kind: "user", userId, name, teamId, teamSlug: "", role, isPlatformAdmin };
}

/** The product's own worker, as its own process. */
export async function startWorker(): Promise<ChildProcess> {
  const child = fork(path.resolve("server/worker.ts"), [], {
    execArgv: ["--import", "tsx"],
    env: process.env,
  });
  let ready = false;
  child.once("message", () => {
    ready = true;
  });
  await waitFor(() => ready, { timeoutMs: 40_000, what: "the worker" });
  return child;
}

export async function killNow(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await waitFor(() => child.exitCode !== null || child.signalCode !== null, { what: "the worker's end" });
}
