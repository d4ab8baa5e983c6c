import { closeSync, readFileSync } from "node:fs";
import { getEnvironmentData, isMainThread, setEnvironmentData } from "node:worker_threads";
import { z } from "zod";

/**
 * Secrets of our processes. What stands in the environment at a start can be read in `/proc/<pid>/environ` for as long as the process
 * lives, and is passed on to whatever it starts; so the launcher tells its children by a pipe instead.
 */

/** Settings of ours that are secrets; only `env` knows them. Each may also be named by a file, `<NAME>_FILE`. */
export const SECRET_SETTINGS = [
  "DATABASE_URL",
  "DATABASE_OWNER_URL",
  "AUTH_SECRET",
  "OIDC_CLIENT_SECRET",
  "MODELWORKS_DEMO_PASSWORD",
  "MODELWORKS_BOOTSTRAP_TOKEN",
  "ALERT_WEBHOOK_TOKEN",
] as const;
const OURS: ReadonlySet<string> = new Set(SECRET_SETTINGS);

const SECRET_NAME = /(SECRET|PASSWORD|PASSWD|TOKEN|CREDENTIAL|ACCESS_KEY|API_KEY|PRIVATE_KEY)/i;
const ADDRESS_WITH_PASSWORD = /:\/\/[^\s/@:]*:[^\s/@]+@/;

type Variables = Record<string, string>;

/** Divides an environment into what everybody may see and what only a pipe may carry. */
export function divideEnvironment(source: Record<string, string | undefined>): {
  plain: Variables;
  secret: Variables;
} {
  const plain: Variables = {};
  const secret: Variables = {};
  for (const [name, value] of Object.entries(source)) {
    if (value === undefined) continue;
    const isSecret =
      OURS.has(name) ||
      (SECRET_NAME.test(name) && !name.endsWith("_FILE")) ||
      ADDRESS_WITH_PASSWORD.test(value);
    (isSecret ? secret : plain)[name] = value;
  }
  return { plain, secret };
}

const KEY = "modelworks.secrets";
const FD_NAME = "MODELWORKS_SECRETS_FD";
/** The descriptor on which the launcher tells them. */
export const SECRETS_FD = 4;
/** What says so to the child. */
export const SECRETS_FD_SETTING = { [FD_NAME]: String(SECRETS_FD) };

/**
 * What the launcher told this process; nothing where none did. Read once, for the threads of the process too. Secrets of others, such
 * as an object store's keys, go into the environment of the running process, where their libraries look.
 */
export function toldSecrets(environment: Record<string, string | undefined>): Variables {
  const known = getEnvironmentData(KEY);
  if (typeof known === "string") return z.record(z.string(), z.string()).parse(JSON.parse(known));
  const fd = environment[FD_NAME];
  if (fd === undefined || !isMainThread) return {};
  delete environment[FD_NAME];
  const text = readFileSync(Number(fd), "utf8");
  closeSync(Number(fd));
  const told = z.record(z.string(), z.string()).parse(JSON.parse(text));
  const ours = Object.entries(told).filter(([name]) => OURS.has(name));
  setEnvironmentData(KEY, JSON.stringify(Object.fromEntries(ours)));
  for (const [name, value] of Object.entries(told)) if (!OURS.has(name)) environment[name] = value;
  return Object.fromEntries(ours);
}
