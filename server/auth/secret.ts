import fs from "node:fs";
import path from "node:path";
import { env } from "@/server/core/env";

/** AUTH_SECRET, or the one that the launcher made on first start. */
export function authSecret(): string {
  const settings = env();
  if (settings.authSecret) return settings.authSecret;
  return fs.readFileSync(path.join(settings.home, "auth-secret"), "utf8").trim();
}
