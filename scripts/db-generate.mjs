// Writes the next migration from what changed in db/schema: `npm run db:generate -- <name>`.
// `--custom` makes an empty one, for moving data by hand. `--check` writes nothing and fails when the schema has changes that no
// migration makes, or when a frozen migration was edited. `--freeze` lists every present migration as frozen: done before it lands.
// Triggers and grants are not migrations: db/sql is repeated after each (see db/migrate.ts).
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const target = path.join(root, "db", "migrations");
const frozenFile = path.join(target, "frozen.json");
const args = process.argv.slice(2);
const name = args.find((arg) => !arg.startsWith("--"));

if (args.includes("--check")) check();
else if (args.includes("--freeze")) freeze();
else if (name && /^[a-z][a-z0-9_]*$/.test(name)) write(name);
else fail("Name the migration after what it does: npm run db:generate -- add_sessions");

function write(migration) {
  const before = new Set(migrationsIn(target));
  kit("./db/migrations", migration, args.includes("--custom") ? ["--custom"] : []);
  const made = migrationsIn(target).filter((file) => !before.has(file));
  console.log(made.length > 0 ? `wrote db/migrations/${made.join(", ")}` : "the schema has no changes");
}

/** Generates into a copy; a schema that its migrations make adds nothing to it. */
function check() {
  // In the checkout, because drizzle-kit takes relative paths only; the process id keeps two runs apart.
  const aside = path.join("node_modules", ".cache", `migrations-${process.pid}`);
  const copy = path.join(root, aside);
  try {
    fs.rmSync(copy, { recursive: true, force: true });
    fs.cpSync(target, copy, { recursive: true });
    kit(`./${aside}`, "unwritten", []);
    const made = migrationsIn(copy).filter((file) => !migrationsIn(target).includes(file));
    if (made.length > 0) {
      const sql = fs.readFileSync(path.join(copy, made[0]), "utf8");
      fail(
        `db/schema has changes that no migration makes. Run: npm run db:generate -- <name>\n${sql.slice(0, 2_000)}`,
      );
    }
  } finally {
    fs.rmSync(copy, { recursive: true, force: true });
  }
  const edited = Object.entries(frozen()).filter(([file, digest]) => digestOf(file) !== digest);
  if (edited.length > 0) {
    fail(
      `Frozen migrations were edited: ${edited.map(([file]) => file).join(", ")}. Write a new one instead.`,
    );
  }
  if (!process.exitCode) console.log("db/migrations agree with db/schema");
}

function freeze() {
  const list = Object.fromEntries(migrationsIn(target).map((file) => [file, digestOf(file)]));
  fs.writeFileSync(frozenFile, `${JSON.stringify({ ...list, ...frozen() }, null, 2)}\n`);
  console.log(`${Object.keys(list).length} migrations are frozen`);
}

function kit(out, migration, more) {
  const result = spawnSync(
    process.execPath,
    [
      path.join(root, "node_modules", "drizzle-kit", "bin.cjs"),
      "generate",
      "--config=db/drizzle.config.ts",
      `--name=${migration}`,
      ...more,
    ],
    { cwd: root, encoding: "utf8", env: { ...process.env, MIGRATIONS_OUT: out } },
  );
  const said = `${result.stdout}${result.stderr}`;
  // It also ends with 0 when it could not read what is there.
  if (result.status !== 0 || !/No schema changes|Your SQL migration/.test(said)) {
    throw new Error(`drizzle-kit could not write a migration:\n${said}`);
  }
}

function frozen() {
  return fs.existsSync(frozenFile) ? JSON.parse(fs.readFileSync(frozenFile, "utf8")) : {};
}

function digestOf(file) {
  const full = path.join(target, file);
  return fs.existsSync(full) ? createHash("sha256").update(fs.readFileSync(full)).digest("hex") : "missing";
}

function migrationsIn(folder) {
  return fs
    .readdirSync(folder)
    .filter((file) => file.endsWith(".sql"))
    .toSorted();
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}
