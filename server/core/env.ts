import { readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { BlockList } from "node:net";
import { z } from "zod";
import { parseHosts, type HostRule } from "./endpoint-hosts";
import { SECRET_SETTINGS, toldSecrets } from "./told-secrets";
import { parseAddresses } from "./trusted-proxies";

const PORT_WORDS = "must be a whole number from 1 to 65535";
const port = z.coerce.number({ error: PORT_WORDS }).int(PORT_WORDS).min(1, PORT_WORDS).max(65535, PORT_WORDS);
const blankAsMissing = (value: unknown) => (value === "" ? undefined : value);
const optional = <T extends z.ZodType>(schema: T) => z.preprocess(blankAsMissing, schema.optional());

const addresses = z.string().transform((text, check) => {
  try {
    return parseAddresses(text);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    check.addIssue({ code: "custom", message: `${problem}; list addresses or networks such as 10.0.0.0/8` });
    return z.NEVER;
  }
});

const hosts = z.string().transform((text, check) => {
  try {
    return parseHosts(text);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    check.addIssue({
      code: "custom",
      message: `${problem}; list such as models.example.org,*.svc.example.org:8443`,
    });
    return z.NEVER;
  }
});

/** Every setting of the product. The README's table is the reader's copy of this object. */
const EnvSchema = z.object({
  PORT: z.preprocess(blankAsMissing, port.default(3000)),
  GATEWAY_PORT: z.preprocess(blankAsMissing, port.default(8080)),
  HOST: z.preprocess(blankAsMissing, z.string().default("127.0.0.1")),
  MODELWORKS_HOME: z.preprocess(blankAsMissing, z.string().default(".modelworks")),
  MODELWORKS_URL: optional(z.url()),
  MODELWORKS_GATEWAY_URL: optional(z.url()),
  MODELWORKS_TRUSTED_PROXIES: z.preprocess(blankAsMissing, addresses.prefault("127.0.0.1,::1")),
  DATABASE_URL: optional(
    z.string().regex(/^postgres(ql)?:\/\//, "must begin with postgres:// or postgresql://"),
  ),
  DATABASE_OWNER_URL: optional(
    z.string().regex(/^postgres(ql)?:\/\//, "must begin with postgres:// or postgresql://"),
  ),
  MODELWORKS_LOG_ORIGIN: z.preprocess(
    blankAsMissing,
    z
      .string()
      .regex(
        /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
        "must be a bare lower-case host name",
      )
      .default("modelworks.local"),
  ),
  OBJECT_STORE_URL: optional(z.string().regex(/^(s3|file):\/\//, "must begin with s3:// or file://")),
  AUTH_SECRET: optional(z.string().min(32, "must hold at least 32 characters")),
  OIDC_ISSUER: optional(z.url()),
  OIDC_CLIENT_ID: optional(z.string()),
  OIDC_CLIENT_SECRET: optional(z.string()),
  MODELWORKS_DEMO: z.preprocess(blankAsMissing, z.enum(["on", "off"]).default("on")),
  MODELWORKS_DEMO_LINE: z.preprocess(blankAsMissing, z.enum(["on", "off"]).default("on")),
  MODELWORKS_DEMO_PASSWORD: optional(z.string().min(8, "must hold at least 8 characters")),
  MODELWORKS_BOOTSTRAP_TOKEN: optional(z.string().min(24, "must hold at least 24 characters")),
  ALERT_WEBHOOK_URL: optional(
    z
      .url({ protocol: /^https?$/, error: "must be an http or https address" })
      // Errors of a request name its address, so it may hold no secret.
      .refine(
        (url) => new URL(url).username === "" && new URL(url).password === "",
        "must hold no user or password; put a token into ALERT_WEBHOOK_TOKEN",
      ),
  ),
  ALERT_WEBHOOK_TOKEN: optional(z.string().min(1)),
  PREDICTION_RETENTION_DAYS: z.preprocess(
    blankAsMissing,
    z.coerce
      .number({ error: "must be a whole number of days" })
      .int("must be a whole number of days")
      .min(8, "must be at least 8 days: drift looks back over a week")
      .max(3_650)
      .default(90),
  ),
  EVENT_RETENTION_DAYS: z.preprocess(
    blankAsMissing,
    z.coerce
      .number({ error: "must be a whole number of days" })
      .int("must be a whole number of days")
      .min(1, "must be at least 1 day")
      .max(365)
      .default(7),
  ),
  TRAFFIC_RETENTION_DAYS: z.preprocess(
    blankAsMissing,
    z.coerce
      .number({ error: "must be a whole number of days" })
      .int("must be a whole number of days")
      .min(30, "must be at least 30 days: rollouts are judged by it")
      .max(3_650)
      .default(400),
  ),
  MODELWORKS_PYTHON: optional(z.string()),
  MODELWORKS_MODEL_PROCESSES: z.preprocess(blankAsMissing, z.enum(["own", "shared"]).default("own")),
  MODELWORKS_MODEL_DEADLINE_SECONDS: z.preprocess(
    blankAsMissing,
    z.coerce
      .number({ error: "must be a number of seconds from 1 to 600" })
      .min(1, "must be at least 1")
      .max(600, "must be at most 600")
      .default(30),
  ),
  MODELWORKS_ENDPOINT_HOSTS: z.preprocess(blankAsMissing, hosts.prefault("")),
  MODELWORKS_DEV: z.preprocess(blankAsMissing, z.enum(["0", "1"]).default("0")),
  NEXT_DIST_DIR: optional(z.string()),
  LOG_LEVEL: z.preprocess(
    blankAsMissing,
    z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
  ),
  NODE_ENV: optional(z.string()),
});

export interface Settings {
  port: number;
  gatewayPort: number;
  host: string;
  /** Absolute folder that holds database, objects, keys and jobs on one machine. */
  home: string;
  /** Public address of the portal, used in links and given to jobs. */
  portalUrl: string;
  gatewayUrl: string;
  /** Whose `x-forwarded-for` is believed. */
  trustedProxies: BlockList;
  databaseUrl: string | undefined;
  databaseOwnerUrl: string | undefined;
  objectStoreUrl: string | undefined;
  /** Name of the transparency log in checkpoints: a bare host name. */
  logOrigin: string;
  authSecret: string | undefined;
  oidc: { issuer: string; clientId: string; clientSecret: string | undefined } | undefined;
  demo: boolean;
  /** Whether the first start of a demo also runs the line, from training to production. */
  demoLine: boolean;
  demoPassword: string | undefined;
  bootstrapToken: string | undefined;
  /** Where alerts go besides the inbox, in Alertmanager's webhook form. */
  alertWebhook: { url: string; token: string | undefined } | undefined;
  /** Predictions are kept at least this long, by whole weeks. */
  predictionRetentionDays: number;
  eventRetentionDays: number;
  trafficRetentionDays: number;
  python: string | undefined;
  /** Whether small models of a team share one process of the gateway. */
  sharesModelProcesses: boolean;
  /** No inference may take longer, whatever a contract says. */
  modelDeadlineMs: number;
  /** Where models that run elsewhere may be. */
  endpointHosts: readonly HostRule[];
  dev: boolean;
  distDir: string;
  logLevel: string;
}

/** A setting that cannot be used; the message names the variable and what it must be. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** Secrets that a file holds, as container platforms hand them out. A setting given both ways is a mistake, not a choice. */
function withFiles(source: Record<string, string | undefined>): Record<string, string | undefined> {
  const values = { ...source };
  for (const name of SECRET_SETTINGS) {
    const file = source[`${name}_FILE`];
    if (!file) continue;
    if (values[name]) throw new SettingsError(`${name} and ${name}_FILE are both set: set one of them.`);
    try {
      values[name] = readFileSync(file, "utf8").trim();
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      throw new SettingsError(`${name}_FILE cannot be read: ${problem}`);
    }
  }
  return values;
}

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

/**
 * Reads and validates the settings.
 * @throws SettingsError naming every variable that cannot be used.
 */
export function readSettings(source: Record<string, string | undefined>): Settings {
  const parsed = EnvSchema.safeParse(withFiles(source));
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
    throw new SettingsError(`These settings cannot be used:\n${lines.join("\n")}`);
  }
  const value = parsed.data;
  if (value.PORT === value.GATEWAY_PORT)
    throw new SettingsError(
      `PORT and GATEWAY_PORT are both ${value.PORT}: portal and gateway need a port each.`,
    );
  const demo = value.MODELWORKS_DEMO === "on";
  if (demo && !LOOPBACK.has(value.HOST)) {
    throw new SettingsError(
      `HOST is ${value.HOST}, but demo accounts may only be served on loopback. Set MODELWORKS_DEMO=off, or HOST=127.0.0.1.`,
    );
  }
  if (Boolean(value.OIDC_ISSUER) !== Boolean(value.OIDC_CLIENT_ID)) {
    throw new SettingsError("OIDC_ISSUER and OIDC_CLIENT_ID go together: set both or neither.");
  }
  const shown = value.HOST === "::1" ? "[::1]" : value.HOST === "0.0.0.0" ? os.hostname() : value.HOST;
  return {
    port: value.PORT,
    gatewayPort: value.GATEWAY_PORT,
    host: value.HOST,
    home: path.resolve(value.MODELWORKS_HOME),
    portalUrl: value.MODELWORKS_URL ?? `http://${shown}:${value.PORT}`,
    gatewayUrl: value.MODELWORKS_GATEWAY_URL ?? `http://${shown}:${value.GATEWAY_PORT}`,
    trustedProxies: value.MODELWORKS_TRUSTED_PROXIES,
    databaseUrl: value.DATABASE_URL,
    databaseOwnerUrl: value.DATABASE_OWNER_URL ?? value.DATABASE_URL,
    objectStoreUrl: value.OBJECT_STORE_URL,
    logOrigin: value.MODELWORKS_LOG_ORIGIN,
    authSecret: value.AUTH_SECRET,
    oidc:
      value.OIDC_ISSUER && value.OIDC_CLIENT_ID
        ? {
            issuer: value.OIDC_ISSUER,
            clientId: value.OIDC_CLIENT_ID,
            clientSecret: value.OIDC_CLIENT_SECRET,
          }
        : undefined,
    demo,
    demoLine: value.MODELWORKS_DEMO_LINE === "on",
    demoPassword: value.MODELWORKS_DEMO_PASSWORD,
    bootstrapToken: value.MODELWORKS_BOOTSTRAP_TOKEN,
    alertWebhook: value.ALERT_WEBHOOK_URL
      ? { url: value.ALERT_WEBHOOK_URL, token: value.ALERT_WEBHOOK_TOKEN }
      : undefined,
    predictionRetentionDays: value.PREDICTION_RETENTION_DAYS,
    eventRetentionDays: value.EVENT_RETENTION_DAYS,
    trafficRetentionDays: value.TRAFFIC_RETENTION_DAYS,
    python: value.MODELWORKS_PYTHON,
    sharesModelProcesses: value.MODELWORKS_MODEL_PROCESSES === "shared",
    modelDeadlineMs: value.MODELWORKS_MODEL_DEADLINE_SECONDS * 1000,
    endpointHosts: value.MODELWORKS_ENDPOINT_HOSTS,
    dev: value.MODELWORKS_DEV === "1",
    distDir: value.NEXT_DIST_DIR ?? ".next",
    logLevel: value.LOG_LEVEL,
  };
}

let cached: Settings | undefined;

/** The settings of this process, read once. */
export function env(): Settings {
  cached ??= readSettings({ ...process.env, ...toldSecrets(process.env) });
  return cached;
}

/** The environment we were started with, for what must reach tools of the operator's (package indexes, proxies, PATH). */
export const inheritedEnvironment = (): Record<string, string | undefined> => ({ ...process.env });
