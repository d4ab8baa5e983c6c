// Which file of ours imports which: for the rules about imports, and for finding what a change can reach.
import fs from "node:fs";
import path from "node:path";
import { parseSync } from "oxc-parser";
import { ResolverFactory } from "oxc-resolver";

/**
 * @typedef {{ specifier: string, isType: boolean, isDynamic: boolean, to: string }} Edge
 * @typedef {Map<string, Edge[]>} Graph
 */

const root = path.resolve(import.meta.dirname, "..");
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
  const text = fs.readFileSync(file, "utf8");
  const { module, errors } = parseSync(file, text);
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
  for (const item of module.dynamicImports) {
    const literal = /^["'](.+)["']$/.exec(text.slice(item.moduleRequest.start, item.moduleRequest.end));
    if (literal) found.push({ specifier: literal[1], isType: false, isDynamic: true });
  }
  return found;
}

/** Every file under the folders with its imports of our own files. @param {string[]} folders @returns {Graph} */
export function importGraph(folders) {
  const graph = new Map();
  for (const folder of folders) {
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
