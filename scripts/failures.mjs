// What failed, in few lines: printed once more at the end of `npm test`, because a log's beginning is often cut off.
import { stripVTControlCharacters } from "node:util";

const LINES = 40;
const WIDTH = 400;

/**
 * @typedef {{ title: string, text: string }} Failure
 * @typedef {{ status: string, fullName: string, failureMessages: string[] }} VitestCase
 * @typedef {{ name: string, status: string, message: string, assertionResults: VitestCase[] }} VitestFile
 * @typedef {{ message?: string }} PlaywrightError
 * @typedef {{ title: string, file: string, line: number, tests: { status: string, results: { errors: PlaywrightError[] }[] }[] }} PlaywrightSpec
 * @typedef {{ specs?: PlaywrightSpec[], suites?: PlaywrightSuite[] }} PlaywrightSuite
 */

/** Broken files and failed tests of Vitest's JSON report. @param {{ testResults: VitestFile[] }} report @returns {Failure[]} */
export function vitestFailures(report) {
  return report.testResults.flatMap((file) => {
    const failed = file.assertionResults.filter((test) => test.status === "failed");
    // A file that cannot be loaded fails without any failed test in it.
    if (file.status === "failed" && failed.length === 0) return [{ title: file.name, text: file.message }];
    return failed.map((test) => ({
      title: `${file.name} › ${test.fullName}`,
      text: test.failureMessages.join("\n"),
    }));
  });
}

/**
 * Failed tests, and errors outside of any, of Playwright's JSON report.
 * @param {{ suites: PlaywrightSuite[], errors: PlaywrightError[] }} report @returns {Failure[]}
 */
export function playwrightFailures(report) {
  const outside = report.errors.map(({ message = "" }) => ({ title: "Outside of the tests", text: message }));
  return [...report.suites.flatMap(failedSpecs), ...outside];
}

/** @param {PlaywrightSuite} suite @returns {Failure[]} */
function failedSpecs({ specs = [], suites = [] }) {
  const own = specs.flatMap(({ title, file, line, tests }) =>
    tests
      .filter(({ status }) => status === "unexpected" || status === "flaky")
      .map(({ results }) => ({
        title: `${file}:${line} › ${title}`,
        text: results.flatMap(({ errors }) => errors.map(({ message = "" }) => message)).join("\n"),
      })),
  );
  return [...own, ...suites.flatMap(failedSpecs)];
}

/** A failure as text, without colours: its beginning and its end where it is long. @param {Failure} failure */
export function inFewLines({ title, text }) {
  const lines = stripVTControlCharacters(text)
    .trim()
    .split("\n")
    .map((line) => (line.length > WIDTH ? `${line.slice(0, WIDTH)}…` : line));
  const left = lines.length - LINES;
  const shown =
    left > 0 ? [...lines.slice(0, LINES / 2), `… ${left} more lines …`, ...lines.slice(-LINES / 2)] : lines;
  return [`✗ ${title}`, ...shown.map((line) => `    ${line}`)].join("\n");
}
