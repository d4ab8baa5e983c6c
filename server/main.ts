import fs from "node:fs";
import path from "node:path";
import { env, inheritedEnvironment, SettingsError } from "@/server/core/env";
import { divideEnvironment, SECRET_SETTINGS } from "@/server/core/told-secrets";
import { migrateDatabase } from "@/db/migrate";
import { startChild, type ChildSpec, type ManagedChild } from "@/server/launcher/child";
import { makeHome, makePrivateDir, readOrCreateSecret, refuseHalfRestored } from "@/server/launcher/files";
import { keepPostgres } from "@/server/launcher/keep-postgres";
import { LauncherError } from "@/server/launcher/launcher-error";
import { migrateExternal } from "@/server/launcher/schema";
import { requireFreePort } from "@/server/launcher/ports";
import { claimHome, endLeftovers } from "@/server/launcher/run-records";

/** The launcher: brings up database and processes in order, keeps them up, and takes them down in order. */

const HOME_FOLDERS = ["run", "logs", "objects", "jobs", "spool"];
const startedAt = performance.now();

/** What must be undone, newest first. */
const undo: (() => Promise<void> | void)[] = [];
const children: ManagedChild[] = [];
let stopping = false;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  const result = await work();
  print(`  ${what.padEnd(44)} ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  return result;
}

interface Addresses {
  ownerUrl: string;
  appUrl: string;
}

async function database(): Promise<Addresses> {
  const { databaseUrl, databaseOwnerUrl, home } = env();
  if (databaseUrl) return { appUrl: databaseUrl, ownerUrl: databaseOwnerUrl ?? databaseUrl };
  const starting = step("database", () => keepPostgres({ home }, print));
  // Registered before it runs: a stop in the middle of the start must not leave a server behind.
  undo.push(async () => (await starting.catch(() => undefined))?.stop());
  const postgres = await starting;
  return postgres;
}

async function migrate(ownerUrl: string): Promise<void> {
  const { databaseUrl } = env();
  if (!databaseUrl) {
    await migrateDatabase(ownerUrl);
    return;
  }
  const setting = ownerUrl === databaseUrl ? "DATABASE_URL" : "DATABASE_OWNER_URL";
  await migrateExternal(ownerUrl, setting, databaseUrl);
}

async function bootstrap(addresses: Addresses): Promise<string[]> {
  // Loaded late: it brings the whole domain with it, which a start that fails early does not need.
  const identity = await import("@/server/identity/bootstrap");
  return identity.bootstrap(addresses);
}

function childSpecs(): ChildSpec[] {
  const { host, port, gatewayPort } = env();
  const reach = host === "0.0.0.0" ? "127.0.0.1" : host === "::" || host === "::1" ? "[::1]" : host;
  return [
    { name: "portal", entry: "server/portal.ts", readyUrl: `http://${reach}:${port}/api/health` },
    { name: "worker", entry: "server/worker.ts" },
    {
      name: "gateway",
      entry: "server/gateway.ts",
      readyUrl: `http://${reach}:${gatewayPort}/v2/health/ready`,
    },
  ];
}

async function start(): Promise<void> {
  const { home, host, port, gatewayPort, authSecret, dev, portalUrl } = env();
  makeHome(home);
  refuseHalfRestored(home);
  for (const name of HOME_FOLDERS) makePrivateDir(path.join(home, name));
  undo.push(claimHome(home));
  const left = await endLeftovers(home);
  if (left.length > 0) print(`  ended what an interrupted run left: ${left.join(", ")}`);
  await requireFreePort("PORT", port, host);
  await requireFreePort("GATEWAY_PORT", gatewayPort, host);
  const addresses = await database();
  Object.assign(process.env, { NODE_ENV: dev ? "development" : "production", MODELWORKS_HOME: home });
  await step("schema", () => migrate(addresses.ownerUrl));
  const accounts = await step("accounts", () => bootstrap(addresses));
  const { plain: environment, secret } = divideEnvironment(inheritedEnvironment());
  // The owner's address stays with the launcher: what serves requests cannot change the schema.
  const { DATABASE_OWNER_URL: _owner, ...given } = secret;
  const secrets = {
    ...given,
    AUTH_SECRET: authSecret ?? readOrCreateSecret(path.join(home, "auth-secret")),
    DATABASE_URL: addresses.appUrl,
  };
  // They are told by the pipe already.
  for (const name of SECRET_SETTINGS) delete environment[`${name}_FILE`];
  if (stopping) return;
  for (const spec of childSpecs().filter((spec) => fs.existsSync(spec.entry))) {
    children.push(startChild(spec, { home, environment, secrets, print }));
  }
  await step(children.map((child) => child.name).join(", "), () =>
    Promise.all(children.map((child) => child.ready)),
  );
  if (stopping) return;
  print(`Modelworks is ready: ${portalUrl} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  for (const line of accounts) print(line);
}

async function stop(exitCode: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  await Promise.all(children.map((child) => child.stop()));
  for (const action of undo.reverse()) await action();
  process.exit(exitCode);
}

function onSignal(signal: NodeJS.Signals): void {
  if (stopping) {
    for (const child of children) child.kill();
    process.exit(130);
  }
  print(`\n${signal}: stopping (once more to stop at once)`);
  void stop(0);
}

function reportFailure(error: unknown): void {
  const known = error instanceof LauncherError || error instanceof SettingsError;
  const text =
    error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`\nModelworks did not start. ${text}\n`);
  if (error instanceof LauncherError) process.stderr.write(`What to do: ${error.hint}\n`);
}

// Whatever we or our children make in the installation's folder is nobody else's to read.
process.umask(0o077);
process.on("SIGINT", onSignal);
process.on("SIGTERM", onSignal);
// `npm start` holds the other end of a channel; where nothing does, nothing closes.
process.once("disconnect", () => {
  if (stopping) return;
  print("\nWhat started this is gone: stopping");
  void stop(0);
});
try {
  await start();
} catch (error) {
  // What fails while everything is being taken down is no news.
  if (!stopping) reportFailure(error);
  await stop(1);
}
