import path from "node:path";
import { reachDatabase } from "@/server/backup/addresses";
import { countOf, runCommand, say } from "@/server/backup/run-command";
import { takeBackup } from "@/server/backup/take-backup";
import { objectStore } from "@/server/composition";
import { env } from "@/server/core/env";

const USAGE = `Writes everything that this installation needs to be made again into a new folder, while it runs.

  npm run backup -- <folder>

The folder holds its keys and secrets: keep it where nobody else reads. Settings (MODELWORKS_HOME, DATABASE_URL, OBJECT_STORE_URL) are those of npm start.
`;

async function backup(): Promise<number> {
  const [folder, ...more] = process.argv.slice(2);
  if (!folder || more.length > 0 || folder.startsWith("-")) {
    process.stdout.write(USAGE);
    return 2;
  }
  const target = path.resolve(folder);
  const { home } = env();
  const begun = performance.now();
  const addresses = await reachDatabase(env());
  try {
    const { tables, blobs, checkpoint } = await takeBackup(
      { ...addresses, home, store: objectStore() },
      target,
    );
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    say(
      `${target} holds ${countOf(blobs, rows)}, after ${((performance.now() - begun) / 1000).toFixed(1)} s.`,
    );
    if (checkpoint)
      say(
        `Keep this checkpoint elsewhere; it proves later that the log was not rewritten:\n${checkpoint.trim()}`,
      );
    for (const each of blobs.lacking) say(`Not in it, because the object store's own is damaged: ${each}`);
    return blobs.lacking.length > 0 ? 1 : 0;
  } finally {
    await addresses.release();
  }
}

await runCommand("No backup was made.", backup);
