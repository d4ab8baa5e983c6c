import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import { Client } from "pg";
import { z } from "zod";
import { createEmptyDatabase, type TestDatabase } from "./test-database";

const FOLDER = path.join(process.cwd(), "db", "migrations");
const Journal = z.looseObject({ entries: z.array(z.looseObject({ tag: z.string() })) });

export interface EarlierDatabase extends TestDatabase {
  /** Speaks as the owner of the tables. */
  client: Client;
}

/** A database as it was before the migration of this name (`monitoring`), for tests of what an upgrade makes of its rows. */
export async function migratedBefore(name: string): Promise<EarlierDatabase> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mw-migrations-"));
  fs.cpSync(FOLDER, folder, { recursive: true });
  const file = path.join(folder, "meta", "_journal.json");
  const journal = Journal.parse(JSON.parse(fs.readFileSync(file, "utf8")));
  const index = journal.entries.findIndex((entry) => entry.tag.replace(/^\d+_/, "") === name);
  if (index < 1) throw new Error(`There is no migration ${name} that follows another.`);
  fs.writeFileSync(file, JSON.stringify({ ...journal, entries: journal.entries.slice(0, index) }));
  const database = await createEmptyDatabase();
  const client = new Client({ connectionString: database.ownerUrl });
  await client.connect();
  await migrate(drizzle(client), { migrationsFolder: folder });
  fs.rmSync(folder, { recursive: true });
  return {
    ...database,
    client,
    close: async () => {
      await client.end();
      await database.close();
    },
  };
}
