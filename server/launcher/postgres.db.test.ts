import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "@/db/testing";
import { keepPostgres } from "./keep-postgres";
import { startPostgres } from "./postgres";
import { ensureDatabase, readOrCreateAccess } from "./postgres-cluster";
import { isAlive, processesIn } from "./process-table";

let home: string;
beforeAll(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), "modelworks-pg-"));
});
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));

async function query<T extends object>(url: string, text: string): Promise<T[]> {
  const client = new Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
}

test("makes a UTF-8 cluster behind a password, and stops clean", async () => {
  const server = await startPostgres({ home });
  expect(await query(server.appUrl, "select length('ä') as length, current_user as user")).toEqual([
    { length: 1, user: "modelworks_app" },
  ]);
  expect(fs.statSync(path.join(home, "pg", "access.json")).mode & 0o777).toBe(0o600);
  await expect(query(server.appUrl.replace(/:[^:@]+@/, ":wrong@"), "select 1")).rejects.toThrow("password");
  await server.stop();
  expect(isAlive(server.pid)).toBe(false);
  expect(fs.existsSync(path.join(home, "pg", "data", "postmaster.pid"))).toBe(false);
});

test("a killed server comes back at the same address with every committed row", async () => {
  const lines: string[] = [];
  const server = await keepPostgres({ home }, (line) => lines.push(line));
  try {
    await query(server.ownerUrl, "create table kept (n int)");
    await query(server.ownerUrl, "insert into kept values (1), (2)");
    // A busy backend outlives its postmaster and holds the shared memory.
    const busy = query(server.ownerUrl, "select pg_sleep(60)").catch(() => undefined);
    await waitFor(async () => {
      const rows = await query(
        server.ownerUrl,
        "select 1 from pg_stat_activity where query like 'select pg_sleep%'",
      );
      return rows.length > 0;
    });
    const killed = server.pid();
    process.kill(killed, "SIGKILL");
    await waitFor(() => server.pid() !== killed, { timeoutMs: 20_000 });
    await busy;
    expect(await query(server.appUrl, "select current_user as user")).toEqual([{ user: "modelworks_app" }]);
    expect(await query(server.ownerUrl, "select count(*)::int as rows from kept")).toEqual([{ rows: 2 }]);
  } finally {
    await server.stop();
  }
  expect(processesIn(path.join(home, "pg", "data"))).toEqual([]);
});

test("a server that dies while it is prepared fails that alone", async () => {
  const server = await startPostgres({ home });
  const holder = new Client({ connectionString: server.ownerUrl });
  holder.on("error", () => undefined);
  await holder.connect();
  try {
    await holder.query("begin");
    await holder.query("alter role modelworks_app connection limit -1");
    // Waits for the row of the role, so that the server dies in the middle. A lost connection must not end the launcher.
    const preparing = ensureDatabase(await readOrCreateAccess(path.join(home, "pg"))).then(
      () => "prepared",
      (error: unknown) => String(error),
    );
    await waitFor(async () => {
      const rows = await query(
        server.ownerUrl,
        "select 1 from pg_stat_activity where query like 'alter role%' and wait_event_type = 'Lock'",
      );
      return rows.length > 0;
    });
    process.kill(server.pid, "SIGKILL");
    expect(await preparing).toMatch(/terminat/);
    await server.onExit;
  } finally {
    await holder.end().catch(() => undefined);
    await server.stop();
  }
});

test("adopts a server that an earlier launcher left, and starts over a stale pid file", async () => {
  const first = await startPostgres({ home });
  const second = await startPostgres({ home });
  expect(second).toMatchObject({ adopted: true, pid: first.pid, appUrl: first.appUrl });
  await second.stop();
  // A pid that is alive, but another program by now.
  fs.writeFileSync(path.join(home, "pg", "data", "postmaster.pid"), `${process.pid}\n${home}\n0\n1\n\n\n\n`);
  const third = await startPostgres({ home });
  expect(third.adopted).toBe(false);
  await third.stop();
});
