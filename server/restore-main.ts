import fs from "node:fs";
import path from "node:path";
import { restoreBackup } from "@/server/backup/restore-backup";
import { countOf, runCommand, say } from "@/server/backup/run-command";
import { objectStore } from "@/server/composition";
import { env } from "@/server/core/env";

const USAGE = `Makes an installation out of a backup, in the new or empty folder that MODELWORKS_HOME names, and looks whether all of it holds.

  MODELWORKS_HOME=/a/new/folder npm run restore -- <folder> [--checkpoint=<file>]

  --checkpoint=<file>   a checkpoint of the transparency log that you kept elsewhere: proves that the backup's log was not rewritten
`;

async function restore(): Promise<number> {
  const given = process.argv.slice(2);
  const [folder, ...more] = given.filter((each) => !each.startsWith("--"));
  const options = given.filter((each) => each.startsWith("--"));
  const kept = options[0]?.replace(/^--checkpoint=/, "");
  if (!folder || more.length > 0 || options.length > 1 || (options[0] && options[0] === kept)) {
    process.stdout.write(USAGE);
    return 2;
  }
  const { home, databaseUrl, databaseOwnerUrl } = env();
  const external = databaseUrl
    ? { appUrl: databaseUrl, ownerUrl: databaseOwnerUrl ?? databaseUrl }
    : undefined;
  const { manifest, findings, lostAttempts } = await restoreBackup(
    path.resolve(folder),
    { home, external, store: objectStore() },
    say,
    kept === undefined ? undefined : fs.readFileSync(path.resolve(kept), "utf8"),
  );
  const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  say(`${home} holds ${countOf(manifest.blobs, rows)} as of ${manifest.madeAt}.`);
  if (lostAttempts === 1) say("One attempt of a job ran then; it is ended as lost.");
  else if (lostAttempts > 1) say(`${lostAttempts} attempts of jobs ran then; they are ended as lost.`);
  for (const { ok, text } of findings) say(`${ok ? "  ok  " : "  NO  "}${text}`);
  if (findings.every(({ ok }) => ok)) {
    say(`Start it with: MODELWORKS_HOME="${home}" npm start`);
    return 0;
  }
  say("It is restored, but not everything in it holds: see the lines above.");
  return 1;
}

await runCommand("Nothing was restored.", restore);
