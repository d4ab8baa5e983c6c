// `npm test`: every gate and every test, with the time each part took and the slowest files of each. A failing part does not stop the next.
// The last line is always "N passed, N failed". `--only=gates|unit|e2e|failures` runs one part; `--changed` the gates and what the changes
// since `main` can reach.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { selectionFor } from "./changed.mjs";
import { inFewLines, playwrightFailures, vitestFailures } from "./failures.mjs";
import { installIfNeeded, requireNode, root } from "./prepare.mjs";
import { asTable, slowestSpecs, slowestUnitFiles } from "./slowest.mjs";

const args = process.argv.slice(2).join(" ");
const only = /^--only=(gates|unit|e2e|failures)$/.exec(args)?.[1];
if (args !== "" && args !== "--changed" && !only) {
  console.error("npm test [-- --only=gates|unit|e2e|failures | --changed]");
  process.exit(2);
}
const BROWSER = ["--project=journeys", "--project=stations", "--project=a11y"];
const results = [];
const ledger = [];
const reports = fs.mkdtempSync(path.join(os.tmpdir(), "modelworks-report-"));
requireNode();
await installIfNeeded();
if (args === "--changed") {
  // It parses with a package, which a fresh clone has only now.
  const { importGraph } = await import("./import-graph.mjs");
  const graph = importGraph(["app", "components", "server", "db", "e2e", "bench", "scripts"]);
  reached(selectionFor(changedFiles(), graph));
} else all();
fs.rmSync(reports, { recursive: true, force: true });
summary();

function all() {
  if (only !== "gates") part("system packages", () => gate("bash", ["scripts/setup-system.sh"]));
  if (wants("gates")) gates();
  if (wants("unit")) part("unit and database tests", () => vitest());
  // A failing build must be counted like any other part, so it runs as a process of its own.
  if (wants("e2e") || wants("failures")) build();
  if (wants("e2e")) {
    part("script weight of pages", () => gate(process.execPath, ["scripts/script-weight.mjs"]));
    part("browser tests", () => playwright("e2e", BROWSER));
  }
  if (wants("failures")) failureTests();
}

/** Runs the gates and what was selected. */
function reached({ unit, browser, routes, failures }) {
  part("system packages", () => gate("bash", ["scripts/setup-system.sh"]));
  gates();
  if (unit.length > 0) part("unit and database tests", () => vitest(unit === "all" ? [] : unit));
  const isBrowser = browser === "all" || browser.length + routes.length > 0;
  if (isBrowser || failures) build();
  if (isBrowser) {
    part("script weight of pages", () => gate(process.execPath, ["scripts/script-weight.mjs"]));
    const wanted = browser === "all" ? [] : ["--grep", grepFor(browser, routes)];
    part("browser tests", () => playwright("e2e", [...BROWSER, ...wanted]));
  }
  if (failures) failureTests();
}

/** Paths that differ from where this branch left `main`, and those that are not committed. */
function changedFiles() {
  const git = (...words) => {
    const { status, stdout, stderr } = spawnSync("git", words, { cwd: root, encoding: "utf8" });
    if (status !== 0) {
      console.error(`git ${words.join(" ")}: ${stderr.trim()}\n--changed compares with the branch main.`);
      process.exit(2);
    }
    return stdout.split("\n").filter(Boolean);
  };
  const [base = "HEAD"] = git("merge-base", "HEAD", "main");
  const committed = git("diff", "--name-only", "--no-renames", base);
  return [...new Set([...committed, ...git("ls-files", "--others", "--exclude-standard")])];
}

/** Playwright matches it with project, file and title of each test. */
function grepFor(specs, routes) {
  const literally = (text) => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
  const files = specs.map((file) => `(^|[ /])${literally(file.replace("e2e/", ""))} `);
  const pages = routes.map((route) => `every-route\\.spec\\.ts (.* )?${literally(route)} (meets|in) `);
  return [...files, ...pages].join("|");
}

function build() {
  part("build", () => gate(process.execPath, ["scripts/build.mjs"]));
}

/** They find their victims in /proc. */
function failureTests() {
  if (process.platform !== "linux") return;
  part("failure tests", () => playwright("e2e/chaos", [], { MODELWORKS_CHAOS_SEED: chaosSeed() }));
}

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

function vitest(files = []) {
  const file = path.join(reports, "vitest.json");
  const result = execute(
    bin("vitest"),
    ["run", ...files, "--reporter=default", "--reporter=json", `--outputFile.json=${file}`],
    true,
  );
  const report = JSON.parse(fs.readFileSync(file, "utf8"));
  ledger.push(asTable("unit and database test files", slowestUnitFiles(report, root)));
  return counted(report.numPassedTests, vitestFailures(report), result.status);
}

function playwright(folder, options, environment = {}) {
  const file = path.join(reports, `${folder.replaceAll("/", "-")}.json`);
  const config = `${folder}/playwright.config.ts`;
  const result = execute(
    bin("playwright"),
    ["test", "--config", config, "--reporter=line,json", ...options],
    true,
    { ...environment, PLAYWRIGHT_JSON_OUTPUT_NAME: file, PLAYWRIGHT_JSON_OUTPUT_FILE: file },
  );
  const report = JSON.parse(fs.readFileSync(file, "utf8"));
  ledger.push(asTable(`specs of ${folder}`, slowestSpecs(report)));
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
  for (const table of ledger) console.log(`\n${table}`);
  console.log("\nSummary");
  for (const result of results) console.log(line(result));
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
  process.exitCode = total("failed") > 0 ? 1 : 0;
  console.log(`${total("passed")} passed, ${total("failed")} failed`);
}
