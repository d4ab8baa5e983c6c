import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openDb } from "@/db/client";
import { migrateDatabase } from "@/db/migrate";
import { apiTokens, memberships, teams, users } from "@/db/schema";
import { newApiToken, tokenHash, tokenPrefix } from "@/server/auth/token-format";
import { startPostgres } from "@/server/launcher/postgres";

/** A fresh embedded Postgres with one team, one person and one token; its address is set as DATABASE_URL of this process. */
export async function benchDatabase() {
  const home = mkdtempSync(path.join(tmpdir(), "mw-bench-"));
  const postgres = await startPostgres({ home });
  await migrateDatabase(postgres.ownerUrl);
  process.env.DATABASE_URL = postgres.appUrl;
  process.env.MODELWORKS_HOME = home;
  process.env.AUTH_SECRET = "bench-bench-bench-bench-bench-bench";
  const opened = openDb(postgres.appUrl, { max: 4 });
  const token = newApiToken();
  await opened.db.insert(teams).values({ id: "team_bench", slug: "bench", name: "Bench" });
  await opened.db.insert(users).values({ id: "usr_bench", email: "bench@bench.local", name: "Bench" });
  await opened.db.insert(memberships).values({ teamId: "team_bench", userId: "usr_bench", role: "member" });
  await opened.db.insert(apiTokens).values({
    id: "tok_bench",
    teamId: "team_bench",
    userId: "usr_bench",
    name: "bench",
    prefix: tokenPrefix(token),
    hash: tokenHash(token),
    scopes: ["track", "infer", "write"],
    expiresAt: new Date(Date.now() + 3_600_000),
  });
  return {
    token,
    home,
    url: postgres.appUrl,
    ownerUrl: postgres.ownerUrl,
    db: opened.db,
    stop: async () => {
      await opened.close();
      await postgres.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
