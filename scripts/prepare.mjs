// Brings a checkout to the state in which the product can run: packages installed, pages built. Each is done
// only when its inputs changed; a stamp beside the result holds their hash.
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { BUILD_STEPS, runTold } from "./progress.mjs";

export const root = path.resolve(import.meta.dirname, "..");

/** Ends with a clear message when Node is older than package.json asks for. */
export function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(
    `Modelworks needs Node 20.19 or newer; this is ${process.versions.node}. Install one from nodejs.org.`,
  );
  process.exit(1);
}

/** Installs the packages when they are missing or the lock file changed. */
export async function installIfNeeded() {
  const stamp = path.join(root, "node_modules", ".modelworks-install");
  const wanted = hashOf([path.join(root, "package-lock.json")]);
  if (read(stamp) === wanted) return;
  // npm keeps its own record; when it is newer than the lock file, somebody installed by hand.
  const record = path.join(root, "node_modules", ".package-lock.json");
  const current =
    fs.existsSync(record) &&
    fs.statSync(record).mtimeMs >= fs.statSync(path.join(root, "package-lock.json")).mtimeMs;
  if (!current || read(stamp) !== undefined) {
    await runQuietly("installing packages", "npm", ["ci", "--no-audit", "--no-fund"]);
  }
  fs.writeFileSync(stamp, wanted);
}

/** Builds the pages when a source file changed since the last build. */
export async function buildIfNeeded() {
  const dist = path.join(root, process.env.NEXT_DIST_DIR || ".next");
  const stamp = path.join(dist, ".modelworks-build");
  const sources = ["app", "components", "server", "db", "public"].flatMap((name) =>
    filesIn(path.join(root, name)),
  );
  const single = ["next.config.ts", "postcss.config.mjs", "tsconfig.json", "package-lock.json"];
  const wanted = hashOf([
    ...sources.filter((file) => !file.includes(".test.")),
    ...single.map((name) => path.join(root, name)),
  ]);
  if (read(stamp) === wanted) return;
  await runQuietly(
    "building pages",
    process.execPath,
    [path.join("node_modules", "next", "dist", "bin", "next"), "build"],
    { env: { NODE_ENV: "production" }, steps: BUILD_STEPS },
  );
  fs.writeFileSync(stamp, wanted);
}

/** Runs a command in the checkout and tells how far it is; its output appears only when it fails, and then we end. */
async function runQuietly(what, command, args, { env = {}, steps = [] } = {}) {
  console.log(`  ${what} ...`);
  const options = { cwd: root, env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1", ...env } };
  const { code, output, ms } = await runTold(what, command, args, options, { steps });
  if (code !== 0) {
    console.error(`\n${output}`);
    console.error(`This command failed: ${command} ${args.join(" ")}`);
    process.exit(1);
  }
  console.log(`  ${what.padEnd(44)} ${(ms / 1000).toFixed(1)} s`);
}

function filesIn(dir) {
  if (!fs.existsSync(dir)) return [];
  const entries = fs.readdirSync(dir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

function hashOf(files) {
  const hash = createHash("sha256");
  for (const file of files.sort())
    if (fs.existsSync(file)) hash.update(`${path.relative(root, file)}\0`).update(fs.readFileSync(file));
  return hash.digest("hex");
}

function read(file) {
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined;
}
