import fs from "node:fs";
import path from "node:path";
import type { Settings } from "@/server/core/env";
import { LauncherError } from "@/server/launcher/launcher-error";
import { startPostgres } from "@/server/launcher/postgres";
import { claimHome } from "@/server/launcher/run-records";

/** How to reach the database of an installation. */
export interface Addresses {
  /** Of the role that owns the tables. */
  ownerUrl: string;
  /** Of the role that serves requests. */
  appUrl: string;
  /** Ends what was begun to reach it. */
  release: () => Promise<void>;
}

type Where = Pick<Settings, "home" | "databaseUrl" | "databaseOwnerUrl">;

/** Holds the home so that no launcher starts in it meanwhile; a launcher that runs keeps it. */
function claimIfFree(home: string): () => void {
  try {
    return claimHome(home);
  } catch (error) {
    if (error instanceof LauncherError) return () => undefined;
    throw error;
  }
}

/** The database of an installation, whether it runs or not: its own Postgres is started when nobody has. */
export async function reachDatabase({ home, databaseUrl, databaseOwnerUrl }: Where): Promise<Addresses> {
  if (databaseUrl)
    return {
      appUrl: databaseUrl,
      ownerUrl: databaseOwnerUrl ?? databaseUrl,
      release: () => Promise.resolve(),
    };
  if (!fs.existsSync(path.join(home, "pg", "data")))
    throw new LauncherError(
      `There is no installation in ${home}.`,
      "Name its folder, MODELWORKS_HOME=/its/folder npm run backup -- <folder>; or, where the database is your own, DATABASE_URL as well.",
    );
  const unclaim = claimIfFree(home);
  try {
    const postgres = await startPostgres({ home });
    return {
      ...postgres,
      release: async () => {
        // One that was running belongs to a launcher, or to what a killed one left.
        if (!postgres.adopted) await postgres.stop();
        unclaim();
      },
    };
  } catch (error) {
    unclaim();
    throw error;
  }
}
