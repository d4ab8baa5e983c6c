// Writes db/migrations from db/schema and db/sql. Until the first release there is one baseline, made anew
// each time; the second migration holds what a schema file cannot say: triggers and grants.
// `--check` writes nothing and fails when the committed files are not what would be written.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const target = path.join(root, "db", "migrations");
const check = process.argv.includes("--check");
// Fixed times: the same schema must give the same files on every machine. The migrator orders by them.
const BASELINE_MS = 1_767_225_600_000;
const GUARDS_MS = BASELINE_MS + 1;

// In the checkout, because drizzle-kit takes relative paths only; the process id keeps two runs apart.
const aside = path.join("node_modules", ".cache", `migrations-${process.pid}`);
const asideDir = path.join(root, aside);
try {
  fs.rmSync(asideDir, { recursive: true, force: true });
  generate();
  if (check) compare();
  else replace();
} finally {
  fs.rmSync(asideDir, { recursive: true, force: true });
}

function generate() {
  const kit = path.join(root, "node_modules", "drizzle-kit", "bin.cjs");
  const result = spawnSync(
    process.execPath,
    [kit, "generate", "--config=db/drizzle.config.ts", "--name=baseline"],
    { cwd: root, encoding: "utf8", env: { ...process.env, MIGRATIONS_OUT: `./${aside}` } },
  );
  const journalFile = path.join(asideDir, "meta", "_journal.json");
  if (result.status !== 0 || !fs.existsSync(journalFile)) {
    throw new Error(`drizzle-kit could not read the schema:\n${result.stdout}${result.stderr}`);
  }
  const snapshotFile = path.join(asideDir, "meta", "0000_snapshot.json");
  const snapshot = readJson(snapshotFile);
  const baselineId = idOf(fs.readFileSync(path.join(asideDir, "0000_baseline.sql")));
  writeJson(snapshotFile, { ...snapshot, id: baselineId });
  const guards = readGuards();
  fs.writeFileSync(path.join(asideDir, "0001_guards.sql"), guards);
  writeJson(path.join(asideDir, "meta", "0001_snapshot.json"), {
    ...snapshot,
    id: idOf(guards),
    prevId: baselineId,
  });
  const journal = readJson(journalFile);
  const [baseline] = journal.entries;
  writeJson(journalFile, {
    ...journal,
    entries: [
      { ...baseline, when: BASELINE_MS },
      { ...baseline, idx: 1, when: GUARDS_MS, tag: "0001_guards" },
    ],
  });
}

function readGuards() {
  const folder = path.join(root, "db", "sql");
  const names = fs.readdirSync(folder).filter((name) => name.endsWith(".sql"));
  const texts = names.sort().map((name) => fs.readFileSync(path.join(folder, name), "utf8").trim());
  return `${texts.join("\n--> statement-breakpoint\n")}\n`;
}

function compare() {
  const differing = [...new Set([...filesOf(target), ...filesOf(asideDir)])].filter((name) => {
    const [committed, generated] = [path.join(target, name), path.join(asideDir, name)];
    if (!fs.existsSync(committed) || !fs.existsSync(generated)) return true;
    return !fs.readFileSync(committed).equals(fs.readFileSync(generated));
  });
  if (differing.length === 0) return console.log("db/migrations agree with db/schema and db/sql");
  console.error(`db/migrations differ from the schema: ${differing.join(", ")}\nRun: npm run db:generate`);
  process.exitCode = 1;
}

function replace() {
  fs.rmSync(target, { recursive: true, force: true });
  fs.renameSync(asideDir, target);
  console.log(`wrote ${filesOf(target).length} files to db/migrations`);
}

function filesOf(dir) {
  if (!fs.existsSync(dir)) return [];
  const entries = fs.readdirSync(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)))
    .sort();
}

function idOf(text) {
  const hex = createHash("sha256").update(text).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function readJson(file) {
  return JSON.parse(fs.readFileSync(file, "utf8"));
}

function writeJson(file, value) {
  fs.writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}
