// `npm test`: every gate and every test, with the time each part took. A failing part does not stop the next.
// The last line is always "N passed, N failed". `--only=gates|unit|e2e|failures` runs one part.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { inFewLines, playwrightFailures, vitestFailures } from "./failures.mjs";
import { installIfNeeded, requireNode, root } from "./prepare.mjs";

const args = process.argv.slice(2).join(" ");
const only = /^--only=(gates|unit|e2e|failures)$/.exec(args)?.[1];
if (args !== "" && !only) {
  console.error("npm test [-- --only=gates|unit|e2e|failures]");
  process.exit(2);
}
const results = [];
const reports = fs.mkdtempSync(path.join(os.tmpdir(), "modelworks-report-"));
requireNode();
installIfNeeded();
if (only !== "gates") part("system packages", () => gate("bash", ["scripts/setup-system.sh"]));
if (wants("gates")) gates();
if (wants("unit")) part("unit and database tests", vitest);
// A failing build must be counted like any other part, so it runs as a process of its own.
if (wants("e2e") || wants("failures")) part("build", () => gate(process.execPath, ["scripts/build.mjs"]));
if (wants("e2e")) {
  part("script weight of pages", () => gate(process.execPath, ["scripts/script-weight.mjs"]));
  part("browser tests", () => playwright("e2e", ["stations", "journeys", "a11y"]));
}
// They find their victims in /proc.
if (wants("failures") && process.platform === "linux") {
  part("failure tests", () => playwright("e2e/chaos", [], { MODELWORKS_CHAOS_SEED: chaosSeed() }));
}
fs.rmSync(reports, { recursive: true, force: true });
summary();

function wants(name) {
  return !only || only === name;
}

/** The same kills at every run; another seed is for who looks for more. */
function chaosSeed() {
  return process.env.MODELWORKS_CHAOS_SEED ?? "1";
}

function gates() {
  part("format", () => gate(bin("oxfmt"), ["--check", "."]));
  part("lint", () => gate(bin("oxlint"), ["--type-aware", "--deny-warnings", "."]));
  part("types", () => gate(bin("tsc"), ["--noEmit", "--checkers", "1"]));
  part("import rules", () => gate(process.execPath, ["scripts/import-rules.mjs"]));
  part("tables of rooms", () => gate(process.execPath, ["scripts/table-rules.mjs"]));
  part("dead code", () => gate(bin("knip"), []));
  part("paths in documents", () => gate(process.execPath, ["scripts/doc-paths.mjs"]));
  part("migrations", () => gate(process.execPath, ["scripts/db-generate.mjs", "--check"]));
}

/** Runs one part and prints its line at once. A part that dies counts as one failure. */
function part(name, work) {
  const begin = performance.now();
  let outcome;
  try {
    outcome = work();
  } catch (error) {
    outcome = { passed: 0, failed: 1, output: String(error) };
  }
  const seconds = (performance.now() - begin) / 1000;
  results.push({ name, seconds, ...outcome });
  if (outcome.failed > 0 && !outcome.shown) console.log(outcome.output.trimEnd());
  console.log(line(results.at(-1)));
}

function line({ name, seconds, passed, failed }) {
  return `${failed > 0 ? "FAIL" : "ok  "} ${name.padEnd(28)} ${seconds.toFixed(1).padStart(6)} s  ${passed} passed, ${failed} failed`;
}

function gate(command, args) {
  const result = execute(command, args);
  const ok = result.status === 0;
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, output: `${result.stdout ?? ""}${result.stderr ?? ""}` };
}

function vitest() {
  const file = path.join(reports, "vitest.json");
  const result = execute(
    bin("vitest"),
    ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`],
    true,
  );
  const report = JSON.parse(fs.readFileSync(file, "utf8"));
  return counted(report.numPassedTests, vitestFailures(report), result.status);
}

function playwright(folder, projects, environment = {}) {
  const file = path.join(reports, `${folder.replaceAll("/", "-")}.json`);
  const config = `${folder}/playwright.config.ts`;
  const result = execute(
    bin("playwright"),
    ["test", "--config", config, "--reporter=line,json", ...projects.map((name) => `--project=${name}`)],
    true,
    { ...environment, PLAYWRIGHT_JSON_OUTPUT_NAME: file, PLAYWRIGHT_JSON_OUTPUT_FILE: file },
  );
  const report = JSON.parse(fs.readFileSync(file, "utf8"));
  return counted(report.stats.expected, playwrightFailures(report), result.status);
}

/** A runner that fails although no test did (a hook, a leak) is one failure. */
function counted(passed, failures, status) {
  const failed = failures.length === 0 && status !== 0 ? 1 : failures.length;
  return { passed, failed, output: failures.map(inFewLines).join("\n\n"), shown: true };
}

function execute(command, args, show = false, environment = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: show ? "inherit" : ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1", ...environment },
  });
  if (result.error) throw result.error;
  return result;
}

function bin(name) {
  return path.join(root, "node_modules", ".bin", name);
}

function summary() {
  // A log's beginning is often cut off: what failed stands at its end once more.
  for (const { name, failed, output } of results) {
    if (failed > 0) console.log(`\nFAIL ${name}\n${output.trimEnd().slice(-8_000)}`);
  }
  console.log("\nSummary");
  for (const result of results) console.log(line(result));
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
  process.exitCode = total("failed") > 0 ? 1 : 0;
  console.log(`${total("passed")} passed, ${total("failed")} failed`);
}
