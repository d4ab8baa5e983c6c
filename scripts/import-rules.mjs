// Checks every import of our own code against import-rules.config.mjs, and that imports form no circle, neither of files (at run time) nor of folders
// (types too).
import fs from "node:fs";
import path from "node:path";
import { importGraph } from "./import-graph.mjs";
import { PLATES, rules, SERVER_FOLDERS, TOGETHER } from "./import-rules.config.mjs";

const root = path.resolve(import.meta.dirname, "..");
const FOLDERS = ["app", "components", "server", "db", "e2e", "bench"];

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

const graph = importGraph(FOLDERS);
const problems = [
  ...strangers(),
  ...new Set(breaches(graph)),
  ...cycles(graph).map((group) => `cycle: ${group.join(" ↔ ")}`),
  ...cycles(folderGraph(graph)).map((group) => `circle of folders: ${group.join(" ↔ ")}`),
];
for (const problem of problems) console.error(problem);
console.log(`${graph.size} files, ${problems.length} broken import rules`);
process.exit(problems.length > 0 ? 1 : 0);
