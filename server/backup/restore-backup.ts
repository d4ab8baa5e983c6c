import fs from "node:fs";
import path from "node:path";
import { openDb } from "@/db/client";
import { withClient } from "@/db/with-client";
import type { ObjectStore } from "@/server/adapters/object-store";
import { endRestoredAttempts } from "@/server/compute";
import { isAppError } from "@/server/core/errors";
import { forgetTransactions } from "@/server/experiments";
import { sealAudit } from "@/server/identity/seal-audit";
import { HALF_RESTORED, makeHome } from "@/server/launcher/files";
import { LauncherError } from "@/server/launcher/launcher-error";
import { startPostgres, type RunningPostgres } from "@/server/launcher/postgres";
import { claimHome } from "@/server/launcher/run-records";
import type { Addresses } from "./addresses";
import { SCHEMAS } from "./catalog";
import { isHomeFile } from "./home-files";
import { loadDatabase } from "./load-database";
import { BLOB_LIST, blobFile, checkFiles, fileIn, readManifest, type Manifest } from "./manifest";
import { verifyRestored, type Finding } from "./verify-restored";

export interface Target {
  home: string;
  store: ObjectStore;
  /** The operator's own database; without it, the home gets one. */
  external: Pick<Addresses, "ownerUrl" | "appUrl"> | undefined;
}

export interface Restored {
  manifest: Manifest;
  lostAttempts: number;
  findings: Finding[];
}

/** A home is restored whole or not at all, so nothing may be there before. */
function refuseUsedHome(home: string): void {
  const names = fs.existsSync(home) ? fs.readdirSync(home) : [];
  if (names.includes(HALF_RESTORED))
    throw new LauncherError(
      `A restore into ${home} was cut off.`,
      `Remove it and restore again: rm -r "${home}"`,
    );
  if (names.length > 0)
    throw new LauncherError(
      `The folder ${home} holds data: ${names.slice(0, 5).join(", ")}.`,
      "Restore into a new or an empty folder: MODELWORKS_HOME=/a/new/folder npm run restore -- <folder>",
    );
}

async function refuseUsedDatabase(ownerUrl: string): Promise<void> {
  const { rows } = await withClient(ownerUrl, (client) =>
    client.query<{ name: string }>(
      "select schemaname || '.' || tablename as name from pg_tables where schemaname = any($1) order by 1 limit 3",
      [[...SCHEMAS, "drizzle"]],
    ),
  );
  if (rows.length > 0)
    throw new LauncherError(
      `The database in DATABASE_URL holds tables: ${rows.map(({ name }) => name).join(", ")}.`,
      "Restore into an empty database: create one, and name it in DATABASE_URL and DATABASE_OWNER_URL.",
    );
}

function writeHomeFiles(folder: string, home: string, { files }: Manifest): void {
  for (const { path: name } of files.filter((file) => isHomeFile(file.path))) {
    const to = path.join(home, name);
    fs.mkdirSync(path.dirname(to), { recursive: true, mode: 0o700 });
    fs.copyFileSync(fileIn(folder, name), to, fs.constants.COPYFILE_EXCL);
    fs.chmodSync(to, 0o600);
  }
}

/** Puts the blobs in place; each is compared with its name on the way. */
async function storeBlobs(folder: string, store: ObjectStore, { blobs }: Manifest): Promise<void> {
  const lacking = new Set(blobs.lacking.map((each) => each.split(" ")[0]));
  const lines = fs.readFileSync(fileIn(folder, BLOB_LIST), "utf8").split("\n").filter(Boolean);
  for (const line of lines) {
    const digest = /^(sha256:[0-9a-f]{64}) \d+$/.exec(line)?.[1];
    if (digest === undefined)
      throw new LauncherError(
        `The backup is damaged: ${BLOB_LIST} has a line that names no blob.`,
        "Use another backup.",
      );
    if (lacking.has(digest)) continue;
    try {
      await store.putFile(fileIn(folder, blobFile(digest)), { expectedDigest: digest });
    } catch (error) {
      if (!isAppError(error) || error.code !== "invalid") throw error;
      throw new LauncherError(
        `The backup is damaged: ${blobFile(digest)} has other bytes than its name says.`,
        "Use another backup. Nothing was restored from this one.",
        { cause: error },
      );
    }
  }
}

async function fill(
  folder: string,
  manifest: Manifest,
  target: Target,
  addresses: Pick<Addresses, "ownerUrl" | "appUrl">,
  checkpoint: string | null,
): Promise<Restored> {
  writeHomeFiles(folder, target.home, manifest);
  await storeBlobs(folder, target.store, manifest);
  await loadDatabase(addresses, folder, manifest);
  const opened = openDb(addresses.appUrl, { max: 4, name: "modelworks-restore" });
  try {
    await forgetTransactions(opened.db);
    const lostAttempts = await endRestoredAttempts(opened.db, manifest.madeAt);
    await sealAudit(opened.db);
    return { manifest, lostAttempts, findings: await verifyRestored(opened.db, target.store, checkpoint) };
  } finally {
    await opened.close();
  }
}

/**
 * Makes an installation out of a backup, in a home that holds nothing yet, and looks whether all of it holds. A backup that is damaged is refused, and leaves
 * nothing behind.
 * @param kept a checkpoint of the log that was kept elsewhere; without one the backup's own is compared.
 * @throws LauncherError in words.
 */
export async function restoreBackup(
  folder: string,
  target: Target,
  tell: (line: string) => void,
  kept?: string,
): Promise<Restored> {
  const { home, external } = target;
  const manifest = readManifest(folder);
  refuseUsedHome(home);
  if (external) await refuseUsedDatabase(external.ownerUrl);
  tell(`reading the backup of ${manifest.madeAt}`);
  await checkFiles(folder, manifest);
  makeHome(home);
  const release = claimHome(home);
  fs.writeFileSync(path.join(home, HALF_RESTORED), "", { mode: 0o600 });
  let postgres: RunningPostgres | undefined;
  let restored: Restored | undefined;
  try {
    postgres = external ? undefined : await startPostgres({ home });
    tell(`restoring ${manifest.tables.length} tables and ${manifest.blobs.count} blobs`);
    const addresses = external ?? postgres;
    if (!addresses) throw new Error("There is no database to restore into.");
    restored = await fill(folder, manifest, target, addresses, kept ?? manifest.checkpoint);
    return restored;
  } finally {
    await postgres?.stop();
    release();
    // It was empty before.
    if (restored) fs.rmSync(path.join(home, HALF_RESTORED));
    else
      for (const name of fs.readdirSync(home))
        fs.rmSync(path.join(home, name), { recursive: true, force: true });
  }
}
