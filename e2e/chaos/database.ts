import fs from "node:fs";
import path from "node:path";
import pg from "pg";
import { z } from "zod";

const Access = z.looseObject({ port: z.number(), ownerPassword: z.string() });

export type Query = <T extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<T[]>;

/** Looks into the installation's own Postgres, as its owner. */
export async function withDatabase<T>(home: string, work: (query: Query) => Promise<T>): Promise<T> {
  const access = Access.parse(JSON.parse(fs.readFileSync(path.join(home, "pg", "access.json"), "utf8")));
  const client = new pg.Client({
    host: "127.0.0.1",
    port: access.port,
    user: "modelworks_owner",
    password: access.ownerPassword,
    database: "modelworks",
  });
  await client.connect();
  try {
    return await work(async (text, values) => (await client.query(text, values)).rows);
  } finally {
    await client.end();
  }
}
