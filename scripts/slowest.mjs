// Where the time of the tests goes: the slowest files of each part, printed at the end of `npm test`.
import path from "node:path";

/**
 * @typedef {{ name: string, seconds: number }} Slow
 * @typedef {{ name: string, startTime: number, endTime: number }} VitestFile
 * @typedef {{ file: string, tests: { results: { duration: number }[] }[] }} PlaywrightSpec
 * @typedef {{ specs?: PlaywrightSpec[], suites?: PlaywrightSuite[] }} PlaywrightSuite
 */

const COUNT = 10;

/** @param {Slow[]} all */
const slowest = (all) => all.toSorted((a, b) => b.seconds - a.seconds).slice(0, COUNT);

/** The slowest files of Vitest's JSON report. @param {{ testResults: VitestFile[] }} report @param {string} root */
export function slowestUnitFiles({ testResults }, root) {
  return slowest(
    testResults.map(({ name, startTime, endTime }) => ({
      name: path.relative(root, name),
      seconds: (endTime - startTime) / 1000,
    })),
  );
}

/** @param {PlaywrightSuite} suite @returns {PlaywrightSpec[]} */
const specsOf = ({ specs = [], suites = [] }) => [...specs, ...suites.flatMap(specsOf)];

/** The slowest files of Playwright's JSON report, each with the time of all its tests. @param {{ suites: PlaywrightSuite[] }} report */
export function slowestSpecs({ suites }) {
  const seconds = new Map();
  for (const { file, tests } of suites.flatMap(specsOf)) {
    const durations = tests.flatMap(({ results }) => results.map(({ duration }) => duration));
    const own = durations.reduce((sum, each) => sum + each, 0) / 1000;
    seconds.set(file, (seconds.get(file) ?? 0) + own);
  }
  return slowest([...seconds].map(([name, each]) => ({ name, seconds: each })));
}

/** A short table. @param {string} title @param {Slow[]} files */
export const asTable = (title, files) =>
  [
    `Slowest: ${title}`,
    ...files.map(({ name, seconds }) => `${seconds.toFixed(1).padStart(8)} s  ${name}`),
  ].join("\n");
