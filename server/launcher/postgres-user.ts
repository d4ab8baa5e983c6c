import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { inheritedEnvironment } from "@/server/core/env";
import { SYSTEM_ENVIRONMENT } from "@/server/core/system-environment.mjs";
import { chownTree } from "./files";
import { LauncherError } from "./launcher-error";
import { copyBinaries, type PostgresBinaries } from "./postgres-binaries";

/** How to run Postgres, which refuses to run as root. */
export interface PostgresUser {
  kind: "self" | "namespace" | "nobody";
  binaries: PostgresBinaries;
  /** The command line that runs `program` as the chosen user. */
  command(program: string, args: readonly string[]): { file: string; args: string[] };
  /** Options for child_process. */
  spawnOptions: { env: NodeJS.ProcessEnv; uid?: number; gid?: number };
  /** Makes a folder or file belong to the chosen user. */
  own(target: string): void;
}

const NOBODY = "65534";

/** All that Postgres gets to see of our environment: it has no use for what operators gave to us. */
function postgresEnvironment(): NodeJS.ProcessEnv {
  const { PATH = "/usr/bin:/bin", MODELWORKS_HOME } = inheritedEnvironment();
  return {
    NODE_ENV: "production",
    PATH,
    TZ: "UTC",
    LC_ALL: "C",
    ...(MODELWORKS_HOME ? { MODELWORKS_HOME } : {}),
  };
}

/**
 * Chooses how to run Postgres: directly when we are not root; as root in a user namespace (the files stay
 * root's, no account is needed); else as the account `nobody`, with binaries it can read.
 * `force` is for tests. Throws a LauncherError when no way is open.
 */
export function choosePostgresUser(
  binaries: PostgresBinaries,
  dataParent: string,
  force?: "namespace" | "nobody",
): PostgresUser {
  if (process.getuid?.() !== 0) return directly(binaries);
  if (force !== "nobody" && canUseNamespaces()) return inNamespace(binaries);
  return asNobody(binaries, dataParent);
}

function directly(binaries: PostgresBinaries): PostgresUser {
  return {
    kind: "self",
    binaries,
    command: (file, args) => ({ file, args: [...args] }),
    spawnOptions: { env: postgresEnvironment() },
    own: () => undefined,
  };
}

const NAMESPACE_ARGS = ["--user", `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];

function canUseNamespaces(): boolean {
  if (process.platform !== "linux") return false;
  return (
    spawnSync("unshare", [...NAMESPACE_ARGS, "true"], { stdio: "ignore", env: SYSTEM_ENVIRONMENT }).status ===
    0
  );
}

function inNamespace(binaries: PostgresBinaries): PostgresUser {
  return {
    kind: "namespace",
    binaries,
    command: (program, args) => ({ file: "unshare", args: [...NAMESPACE_ARGS, "--", program, ...args] }),
    spawnOptions: { env: postgresEnvironment() },
    // Inside the namespace root's files look like nobody's; files that really are nobody's would be strangers'.
    own: (target) => chownTree(target, 0, 0),
  };
}

function asNobody(binaries: PostgresBinaries, dataParent: string): PostgresUser {
  const uid = idOf("-u");
  const gid = idOf("-g");
  for (const dir of ancestorsOf(dataParent)) {
    if ((fs.statSync(dir).mode & 0o001) !== 0) continue;
    // Our own folder may be opened for passing through; a stranger's (such as /root) is not ours to open.
    if (dir === path.dirname(dataParent) || dir === dataParent) fs.chmodSync(dir, 0o711);
    else throw cannotRunAsRoot(`The account "nobody" cannot reach ${dataParent} because ${dir} is private.`);
  }
  const reachable = ancestorsOf(binaries.native).every((dir) => (fs.statSync(dir).mode & 0o005) === 0o005);
  return {
    kind: "nobody",
    binaries: reachable ? binaries : copyBinaries(binaries, os.tmpdir()),
    command: (file, args) => ({ file, args: [...args] }),
    spawnOptions: { env: postgresEnvironment(), uid, gid },
    own: (target) =>
      fs.statSync(target).isDirectory() ? chownTree(target, uid, gid) : fs.chownSync(target, uid, gid),
  };
}

function ancestorsOf(target: string): string[] {
  const parent = path.dirname(target);
  return parent === target ? [target] : [...ancestorsOf(parent), target];
}

function idOf(flag: "-u" | "-g"): number {
  try {
    return Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8", env: SYSTEM_ENVIRONMENT }).trim());
  } catch (cause) {
    throw cannotRunAsRoot(
      "PostgreSQL does not run as root and this system has no account named nobody.",
      cause,
    );
  }
}

function cannotRunAsRoot(message: string, cause?: unknown): LauncherError {
  return new LauncherError(
    message,
    "Start Modelworks as an ordinary user, put MODELWORKS_HOME in a folder that every user may pass, " +
      "allow user namespaces in this container, or set DATABASE_URL to a PostgreSQL of your own.",
    { cause },
  );
}
