import { sql } from "drizzle-orm";
import { openDb } from "@/db/client";
import { createCtx } from "@/server/core/context";
import { env, type Settings } from "@/server/core/env";
import { systemActor } from "@/server/core/actor";
import { inTransaction } from "@/server/core/verb";
import { ensureBootstrapToken } from "./bootstrap-token";
import { ensureDemo, retireDemo } from "./demo-accounts";
import { ensureSetupLink } from "./first-start";

const BOOTSTRAP_LOCK = 7_203_010;

type BootstrapSettings = Pick<Settings, "demo" | "demoPassword" | "bootstrapToken" | "portalUrl">;

/**
 * The work of a first start, done once and checked on every start: demo accounts or the setup link, the bootstrap
 * token. Two launchers at once do it one after the other. Returns the lines to print; they may hold a secret that is shown once.
 */
export async function bootstrap(options: {
  ownerUrl: string;
  appUrl: string;
  settings?: BootstrapSettings;
}): Promise<string[]> {
  const settings = options.settings ?? env();
  const opened = openDb(options.appUrl, { max: 1, name: "modelworks-bootstrap" });
  try {
    const ctx = createCtx({ actor: systemActor(""), db: opened.db });
    return await inTransaction(ctx, async (tx) => {
      await tx.db.execute(sql`select pg_advisory_xact_lock(${BOOTSTRAP_LOCK})`);
      const lines: string[] = [];
      if (settings.demo) lines.push(...(await ensureDemo(tx, settings.demoPassword)));
      else {
        await retireDemo(tx);
        lines.push(...(await ensureSetupLink(tx, settings.portalUrl)));
      }
      if (settings.bootstrapToken) await ensureBootstrapToken(tx, settings.bootstrapToken);
      return lines;
    });
  } finally {
    await opened.close();
  }
}
