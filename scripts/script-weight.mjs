// What each page asks of a browser before it can be used: the scripts of its first document, gzip-compressed, summed from the
// manifests of the build, so that no browser and no server is needed. `npm run weight` prints every route;
// `npm run weight -- --record` writes what is measured into e2e/perf/budgets.json; `npm test` runs it as a gate.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { root } from "./prepare.mjs";

const BUDGETS = path.join(root, "e2e", "perf", "budgets.json");

/** Route → kilobytes (1,000 bytes) of compressed scripts, and the largest scripts of each, from a build folder. */
export function measureRoutes(dist) {
  const sizes = new Map();
  const sizeOf = (file) => {
    if (!sizes.has(file)) sizes.set(file, gzipSync(fs.readFileSync(path.join(dist, file))).length / 1000);
    return sizes.get(file);
  };
  const framework = readJson(path.join(dist, "build-manifest.json")).rootMainFiles;
  const routes = new Map();
  for (const [page, entries] of pagesOf(dist)) {
    const files = [...new Set([...framework, ...Object.values(entries).flat()])];
    const kb = files.reduce((sum, file) => sum + sizeOf(file), 0);
    // The framework's own scripts are the same everywhere and teach nothing.
    const own = files.filter((file) => !framework.includes(file));
    const largest = own.toSorted((a, b) => sizeOf(b) - sizeOf(a)).slice(0, 5);
    routes.set(routeOf(page), {
      kb,
      largest: largest.map((file) => `${sizeOf(file).toFixed(1)} kB ${file}`),
    });
  }
  return routes;
}

/** Kilobytes of the heaviest part that pages load later by `next/dynamic`: charts, markdown, editors. */
export function heaviestLater(dist) {
  const manifests = filesUnder(path.join(dist, "server", "app"), "react-loadable-manifest.json");
  const parts = manifests.flatMap((file) => Object.values(readJson(file)).map((part) => part.files));
  const weights = parts.map((files) =>
    files.reduce((sum, file) => sum + gzipSync(fs.readFileSync(path.join(dist, file))).length / 1000, 0),
  );
  return Math.max(0, ...weights);
}

/** `["/(portal)/jobs/page", { "[project]/app/layout": ["static/…js"] }]` for each page; layouts, error and not-found files included. */
function pagesOf(dist) {
  const load = createRequire(import.meta.url);
  // oxlint-disable no-underscore-dangle -- the name that Next gives it
  globalThis.__RSC_MANIFEST = {};
  for (const file of filesUnder(path.join(dist, "server", "app"), "page_client-reference-manifest.js")) {
    delete load.cache[file];
    load(file);
  }
  const pages = Object.entries(globalThis.__RSC_MANIFEST);
  // oxlint-enable no-underscore-dangle
  return pages
    .filter(([page]) => page.endsWith("/page") && !page.startsWith("/_"))
    .map(([page, manifest]) => [page, manifest.entryJSFiles]);
}

/** Folders in brackets, such as (portal), are no part of the address. */
function routeOf(page) {
  return page.replace(/\/page$/, "").replaceAll(/\/\([^)]+\)/g, "") || "/";
}

/** What is wrong, in words; empty when every budget holds. */
export function judge(measured, later, budgets) {
  const faults = [];
  for (const [route, { kb, largest }] of measured) {
    const recorded = budgets.routes[route];
    if (!recorded) {
      faults.push(
        `${route} has no entry in e2e/perf/budgets.json: give it a kind, then run npm run weight -- --record.`,
      );
      continue;
    }
    const limit = Math.min(budgets.kindsKb[recorded.kind] ?? 0, budgets.ceilingKb);
    const regression = recorded.kb * (1 + budgets.regression);
    const why = `The page's largest scripts: ${largest.join(", ")}.`;
    if (kb > limit)
      faults.push(`${route}: ${kb.toFixed(1)} kB, above ${limit} kB for ${recorded.kind}. ${why}`);
    else if (kb > regression)
      faults.push(
        `${route}: ${kb.toFixed(1)} kB, more than 5 % above the recorded ${recorded.kb} kB. ${why}`,
      );
  }
  for (const route of Object.keys(budgets.routes))
    if (!measured.has(route)) faults.push(`e2e/perf/budgets.json names ${route}, which is no page any more.`);
  if (later > budgets.laterKb)
    faults.push(`A part loaded later weighs ${later.toFixed(1)} kB, above ${budgets.laterKb} kB.`);
  return faults;
}

function record(measured, budgets) {
  const routes = Object.fromEntries(
    [...measured]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([route, { kb }]) => [
        route,
        { kind: budgets.routes[route]?.kind ?? "detail", kb: Number(kb.toFixed(1)) },
      ]),
  );
  fs.writeFileSync(BUDGETS, `${JSON.stringify({ ...budgets, routes }, undefined, 2)}\n`);
}

function filesUnder(dir, name) {
  return fs
    .readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name === name)
    .map((entry) => path.join(entry.parentPath, entry.name));
}

function readJson(file) {
  return JSON.parse(fs.readFileSync(file, "utf8"));
}

function main() {
  const dist = path.join(root, process.env.NEXT_DIST_DIR || ".next");
  if (!fs.existsSync(path.join(dist, "build-manifest.json"))) {
    console.error("There is no build to measure. Run node scripts/build.mjs first.");
    process.exit(1);
  }
  const budgets = readJson(BUDGETS);
  const measured = measureRoutes(dist);
  const later = heaviestLater(dist);
  for (const [route, { kb }] of [...measured].toSorted((a, b) => a[1].kb - b[1].kb)) {
    const kind = budgets.routes[route]?.kind ?? "?";
    console.log(
      `${route.padEnd(44)} ${kb.toFixed(1).padStart(6)} of ${budgets.kindsKb[kind] ?? "?"} kB  ${kind}`,
    );
  }
  console.log(
    `${"heaviest part loaded later".padEnd(44)} ${later.toFixed(1).padStart(6)} of ${budgets.laterKb} kB`,
  );
  if (process.argv.includes("--record")) record(measured, budgets);
  const faults = judge(measured, later, readJson(BUDGETS));
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

if (import.meta.filename === process.argv[1]) main();
