// What `npm test -- --changed` runs: the tests that a change can reach by imports, and the browser specs of its domains.
import path from "node:path";

/**
 * @typedef {import("./import-graph.mjs").Graph} Graph
 * @typedef {{ unit: string[] | "all", browser: string[] | "all", routes: string[], failures: boolean }} Selection
 */

/** What every test rests on, or what only all of them together can tell. */
const UNIT_ALL =
  /^(package(-lock)?\.json|tsconfig\.json|vitest\.config\.ts|db\/(migrations|sql|testing)\/|scripts\/(setup-|go-tool))/;
const BROWSER_ALL =
  /^(package(-lock)?\.json|tsconfig\.json|next\.config\.ts|postcss\.config\.mjs|proxy\.ts|public\/|db\/(migrations|sql)\/|e2e\/(fixtures\/|playwright\.config\.ts)|app\/(globals\.css|layout\.tsx|providers\.tsx))/;
/** What nothing but the gates looks at. */
const WORDS = /^(docs\/|LICENSE|[^/]+\.md$)|\.md$/;
/** Tests that read other files than they import. */
const READ_THE_TREE = [
  "components/governance/policy-text.test.ts",
  "components/ui/cn.test.ts",
  "server/house/doors.test.ts",
  "server/child-environments.test.ts",
];

/** The folders of domains that each browser spec looks at; a spec without an entry fails a test of this file. */
export const SPECS = {
  "access-lost": ["identity", "auth", "shell"],
  alerts: ["monitoring", "notifications"],
  catalog: ["catalog"],
  compute: ["compute"],
  datasets: ["datasets"],
  doors: ["auth", "identity", "http", "kit", "house"],
  experiments: ["experiments"],
  governance: ["governance"],
  identity: ["identity", "auth"],
  "identity-oidc": ["auth"],
  insights: ["insights"],
  lists: ["catalog", "notifications"],
  monitoring: ["monitoring"],
  platform: ["platform", "notifications"],
  registry: ["registry"],
  serving: ["serving"],
  shell: ["shell"],
};

const isTest = (file) => /\.test\.tsx?$/.test(file);
const isSource = (file) => /\.(ts|tsx|mjs)$/.test(file);

/** Everything that imports one of the files, at any distance, and the files. @param {Graph} graph @param {string[]} files */
function importersOf(graph, files) {
  const importers = new Map();
  for (const [from, edges] of graph) {
    for (const { to } of edges) importers.set(to, [...(importers.get(to) ?? []), from]);
  }
  const reached = new Set(files);
  // A set yields what is added while one walks it.
  for (const file of reached) for (const from of importers.get(file) ?? []) reached.add(from);
  return reached;
}

/** What no import leads to (programs of their own, data, other languages) is tested by what lies nearest. */
function nearestTests(tests, file) {
  for (let folder = path.posix.dirname(file); folder !== "."; folder = path.posix.dirname(folder)) {
    const found = tests.filter((test) => test.startsWith(`${folder}/`));
    if (found.length > 0) return found;
  }
  return [];
}

/** @param {string[]} changed @param {Graph} graph */
function unitTests(changed, graph) {
  if (changed.some((file) => UNIT_ALL.test(file))) return "all";
  const tests = [...graph.keys()].filter(isTest);
  const chosen = new Set(READ_THE_TREE.filter((test) => graph.has(test)));
  for (const file of changed) {
    if (WORDS.test(file) || file.startsWith("e2e/")) continue;
    const reached = [...importersOf(graph, [file])].filter((each) => isTest(each) && graph.has(each));
    const near = reached.length > 0 && isSource(file) ? [] : nearestTests(tests, file);
    for (const test of [...reached, ...near]) chosen.add(test);
  }
  return [...chosen].toSorted();
}

/** The domain whose folder a file lies in. */
const domainOf = (file) => /^(?:server|components)\/([^/]+)\//.exec(file)?.[1];
/** A page belongs to the domains whose parts it shows. */
const domainsOfPage = (graph, file) => (graph.get(file) ?? []).flatMap(({ to }) => domainOf(to) ?? []);

/** @param {string[]} changed @param {Graph} graph */
function domainsOf(changed, graph) {
  const known = new Set(Object.values(SPECS).flat());
  const domains = new Set();
  for (const file of changed) {
    const own = file.startsWith("app/") ? domainsOfPage(graph, file) : [domainOf(file) ?? ""];
    const schema = /^db\/schema\/([^/]+)\.ts$/.exec(file)?.[1];
    const named = [...own, ...(schema ? [schema] : [])].filter((each) => known.has(each));
    // What no spec is named after is shared: the domains that use it.
    const all =
      named.length > 0 ? named : [...importersOf(graph, [file])].map((each) => domainOf(each) ?? "");
    for (const each of all) if (known.has(each)) domains.add(each);
  }
  return domains;
}

/** Addresses of the pages that show a changed part. @param {string[]} changed @param {Graph} graph */
function routesOf(changed, graph) {
  const shown = changed.filter((file) => /^(app|components)\//.test(file) && !isTest(file));
  return [...importersOf(graph, shown)]
    .flatMap((file) => /^app\/(?:\([^)]+\)\/)?(.*?)\/?page\.tsx$/.exec(file)?.[1] ?? [])
    .map((folder) => `/${folder}`.replaceAll(/\/\([^)]+\)/g, "") || "/")
    .toSorted();
}

/** @param {string[]} changed paths from the root @param {Graph} graph with tests and specs @returns {Selection} */
export function selectionFor(changed, graph) {
  const failures = changed.some((file) => file.startsWith("e2e/chaos/"));
  const unit = unitTests(changed, graph);
  if (changed.some((file) => BROWSER_ALL.test(file))) return { unit, browser: "all", routes: [], failures };
  const said = changed.filter((file) => !WORDS.test(file) && !isTest(file));
  const domains = domainsOf(
    said.filter((file) => !file.startsWith("e2e/")),
    graph,
  );
  const specs = new Set(
    Object.entries(SPECS)
      .filter(([, folders]) => folders.some((folder) => domains.has(folder)))
      .map(([name]) => `e2e/${name}.spec.ts`),
  );
  for (const file of importersOf(
    graph,
    said.filter((each) => /^e2e\/(?!chaos\/)/.test(each)),
  )) {
    if (/^e2e\/([^/]+|journeys\/[^/]+)\.spec\.ts$/.test(file)) specs.add(file);
  }
  if (said.some((file) => /^(examples\/the-line|e2e\/journeys\/python)\//.test(file))) {
    for (const name of ["by-script", "mlflow-client"]) specs.add(`e2e/journeys/${name}.spec.ts`);
  }
  return { unit, browser: [...specs].toSorted(), routes: routesOf(said, graph), failures };
}
