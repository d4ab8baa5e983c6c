// Checks every import of our own code against import-rules.config.mjs, and that imports form no circle, neither of files (at run time) nor of folders
// (types too).
import fs from "node:fs";
import path from "node:path";
import { parseSync } from "oxc-parser";
import { ResolverFactory } from "oxc-resolver";
import { PLATES, rules, SERVER_FOLDERS, TOGETHER } from "./import-rules.config.mjs";

const root = path.resolve(import.meta.dirname, "..");
const FOLDERS = ["app", "components", "server", "db", "e2e", "bench"];
const resolver = new ResolverFactory({
  tsconfig: { configFile: path.join(root, "tsconfig.json") },
  extensions: [".ts", ".tsx", ".mjs", ".js", ".json"],
});

function* sourceFiles(folder) {
  if (!fs.existsSync(folder)) return;
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== "node_modules" && !entry.name.startsWith(".")) yield* sourceFiles(full);
    } else if (/\.(ts|tsx|mjs)$/.test(entry.name) && !entry.name.endsWith(".d.ts")) yield full;
  }
}

/** All static and literal dynamic imports: [{ specifier, isType, isDynamic }]. */
function importsOf(file) {
  const { module, errors } = parseSync(file, fs.readFileSync(file, "utf8"));
  if (errors.length > 0) throw new Error(`${path.relative(root, file)}: ${errors[0].message}`);
  const found = [];
  for (const item of module.staticImports) {
    const isType = item.entries.length > 0 && item.entries.every((entry) => entry.isType);
    found.push({ specifier: item.moduleRequest.value, isType, isDynamic: false });
  }
  for (const item of module.staticExports) {
    for (const entry of item.entries) {
      if (entry.moduleRequest)
        found.push({ specifier: entry.moduleRequest.value, isType: entry.isType, isDynamic: false });
    }
  }
  const text = fs.readFileSync(file, "utf8");
  for (const item of module.dynamicImports) {
    const literal = /^["'](.+)["']$/.exec(text.slice(item.moduleRequest.start, item.moduleRequest.end));
    if (literal) found.push({ specifier: literal[1], isType: false, isDynamic: true });
  }
  return found;
}

function graphOf() {
  const graph = new Map();
  for (const folder of FOLDERS) {
    for (const file of sourceFiles(path.join(root, folder))) {
      const edges = [];
      for (const found of importsOf(file)) {
        if (!/^(\.|@\/)/.test(found.specifier)) continue;
        const resolved = resolver.sync(path.dirname(file), found.specifier).path;
        if (resolved) edges.push({ ...found, to: path.relative(root, resolved) });
      }
      graph.set(path.relative(root, file), edges);
    }
  }
  return graph;
}

function breaches(graph) {
  const list = [];
  for (const [from, edges] of graph) {
    if (/\.(test|spec)\.tsx?$/.test(from)) continue;
    for (const rule of rules) {
      const match = new RegExp(rule.from).exec(from);
      if (!match) continue;
      const except = (rule.except ?? []).map((text) => new RegExp(text.replace("$1", match[1] ?? "")));
      for (const edge of edges) {
        if (edge.isType && !rule.typesToo) continue;
        if (!new RegExp(rule.to).test(edge.to) || except.some((pattern) => pattern.test(edge.to))) continue;
        list.push(`${from} → ${edge.to}: ${rule.name}`);
      }
    }
  }
  return list;
}

const isTest = (file) => /\.(test|spec)\.tsx?$|\/testing\b/.test(file);

/** The room a file stands in: `server/registry`, `components/ui`; a file of a top folder is one by itself, and pages are one. */
function folderOf(file) {
  if (PLATES.files.test(file)) return PLATES.folder;
  const [top, second] = file.split("/");
  const folder = top === "app" || second === undefined ? top : `${top}/${second}`;
  return TOGETHER.find((group) => group.includes(folder))?.at(-1) ?? folder;
}

function folderGraph(graph) {
  const folders = new Map();
  for (const [file, edges] of graph) {
    if (isTest(file)) continue;
    const from = folderOf(file);
    const targets = folders.get(from) ?? new Map();
    folders.set(from, targets);
    for (const edge of edges) {
      const to = folderOf(edge.to);
      if (to !== from && !isTest(edge.to)) targets.set(to, { to, isType: false, isDynamic: false });
    }
  }
  return new Map([...folders].map(([folder, targets]) => [folder, [...targets.values()]]));
}

/** Strongly connected components of more than one file (Tarjan), over runtime imports. */
function cycles(graph) {
  const state = new Map();
  const stack = [];
  const found = [];
  let counter = 0;
  const visit = (node) => {
    const own = { index: counter, low: counter, onStack: true };
    counter += 1;
    state.set(node, own);
    stack.push(node);
    for (const edge of graph.get(node) ?? []) {
      if (edge.isType || edge.isDynamic || !graph.has(edge.to)) continue;
      const other = state.get(edge.to);
      if (!other) own.low = Math.min(own.low, visit(edge.to).low);
      else if (other.onStack) own.low = Math.min(own.low, other.index);
    }
    if (own.low === own.index) {
      const group = [];
      let last;
      do {
        last = stack.pop();
        state.get(last).onStack = false;
        group.push(last);
      } while (last !== node);
      if (group.length > 1) found.push(group.toSorted((a, b) => a.localeCompare(b)));
    }
    return own;
  };
  for (const node of graph.keys()) if (!state.has(node)) visit(node);
  return found;
}

/** Folders of the server that no rule would hold. */
const strangers = () =>
  fs
    .readdirSync(path.join(root, "server"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !SERVER_FOLDERS.includes(entry.name))
    .map((entry) => `server/${entry.name}: neither a room with a floor nor a known folder`);

const graph = graphOf();
const problems = [
  ...strangers(),
  ...new Set(breaches(graph)),
  ...cycles(graph).map((group) => `cycle: ${group.join(" ↔ ")}`),
  ...cycles(folderGraph(graph)).map((group) => `circle of folders: ${group.join(" ↔ ")}`),
];
for (const problem of problems) console.error(problem);
console.log(`${graph.size} files, ${problems.length} broken import rules`);
process.exit(problems.length > 0 ? 1 : 0);
