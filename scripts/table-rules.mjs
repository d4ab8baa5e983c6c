// Tables belong to rooms: a room reads and writes the tables of its own schema file and core's. It asks others through their doors (`index.ts`,
// `readable.ts`). Reading rooms may read all and write none. What is left of other uses stands in table-rules.left.txt, which can only shrink.
import fs from "node:fs";
import path from "node:path";
import { parseSync, Visitor } from "oxc-parser";

const root = path.resolve(import.meta.dirname, "..");
/** Only ever less. */
const MOST_LEFT = 23;
const LEFT = path.join(import.meta.dirname, "table-rules.left.txt");
/** Schema files that a room owns besides the one of its name. */
const OWN = { auth: ["identity"] };
const READING_ROOMS = new Set(["insights", "platform", "catalog"]);
const WRITES = /\b(?:insert\s+into|update|delete\s+from)\s+$/i;
const NAMES = /\b(insert\s+into|update|delete\s+from|from|join)\s+(?:only\s+)?"?(\w+)"?/gi;

/** Names in code and in SQL → what the database calls it and whose it is. */
function tablesOf() {
  const byIdentifier = new Map();
  const byName = new Map();
  for (const file of fs.readdirSync(path.join(root, "db/schema"))) {
    const room = file.replace(/\.ts$/, "");
    const text = fs.readFileSync(path.join(root, "db/schema", file), "utf8");
    for (const [, identifier, name] of text.matchAll(/export const (\w+) = pgTable\(\s*"(\w+)"/g)) {
      byIdentifier.set(identifier, { name, room });
      byName.set(name, { name, room });
    }
  }
  return { byIdentifier, byName };
}

function* sourceFiles(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== "testing") yield* sourceFiles(full);
    } else if (/\.tsx?$/.test(entry.name) && !/\.test\.tsx?$|^testing\.ts$|\.d\.ts$/.test(entry.name))
      yield full;
  }
}

/** Every table that a file names: [{ name, room, writes }]. */
function usesOf(file, { byIdentifier, byName }) {
  const text = fs.readFileSync(file, "utf8");
  const { module, program } = parseSync(file, text);
  const found = new Map();
  const add = (table, writes) => {
    if (table)
      found.set(table.name, { ...table, writes: writes || (found.get(table.name)?.writes ?? false) });
  };
  for (const { moduleRequest, entries } of module.staticImports) {
    if (!/^@\/db\/schema(\/|$)/.test(moduleRequest.value)) continue;
    for (const { importName, isType } of entries) {
      const name = importName.name;
      if (name && !isType)
        add(byIdentifier.get(name), new RegExp(`\\.(?:insert|update|delete)\\(\\s*${name}\\b`).test(text));
    }
  }
  new Visitor({
    TemplateLiteral({ quasis }) {
      for (const { value } of quasis)
        for (const [whole, verb, name] of (value.cooked ?? "").matchAll(NAMES))
          // "for update" locks, "do update set" belongs to the table that is inserted into.
          if (!/^(set|of|skip|nowait)$/i.test(name))
            add(byName.get(name), WRITES.test(`${verb} `) && whole !== "");
    },
  }).visit(program);
  return [...found.values()];
}

const tables = tablesOf();
const uses = [];
for (const file of sourceFiles(path.join(root, "server"))) {
  const relative = path.relative(root, file);
  const room = relative.split("/")[1].replace(/\.ts$/, "");
  const own = new Set(["core", room, ...(OWN[room] ?? [])]);
  for (const table of usesOf(file, tables)) {
    if (own.has(table.room) || (READING_ROOMS.has(room) && !table.writes)) continue;
    uses.push(`${relative} ${table.writes ? "writes" : "reads"} ${table.name}`);
  }
}
if (process.argv.includes("--list")) console.log(uses.toSorted().join("\n"));
const left = fs.readFileSync(LEFT, "utf8").split("\n").filter(Boolean);
const problems = [
  ...uses.filter((use) => !left.includes(use)).map((use) => `${use}: ask the room that owns it`),
  ...uses.filter((use) => use.includes(" writes ")).map((use) => `${use}: only its own room may`),
  ...left.filter((use) => !uses.includes(use)).map((use) => `${use}: no more; take it off the list`),
];
if (left.length > MOST_LEFT)
  problems.push(`the list has ${left.length} lines; it may only shrink from ${MOST_LEFT}`);
for (const problem of problems) console.error(problem);
console.log(`${uses.length} uses of another room's tables are left, ${problems.length} problems`);
process.exit(problems.length > 0 ? 1 : 0);
