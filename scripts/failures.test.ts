import { expect, it } from "vitest";
import { inFewLines, playwrightFailures, vitestFailures } from "./failures.mjs";

it("names failed tests and files that cannot be loaded", () => {
  const testResults = [
    {
      name: "a.test.ts",
      status: "failed",
      message: "",
      assertionResults: [
        { status: "passed", fullName: "adds", failureMessages: [] },
        { status: "failed", fullName: "divides", failureMessages: ["expected 1 to be 2"] },
      ],
    },
    { name: "b.test.ts", status: "failed", message: "Cannot find module", assertionResults: [] },
  ];
  expect(vitestFailures({ testResults })).toEqual([
    { title: "a.test.ts › divides", text: "expected 1 to be 2" },
    { title: "b.test.ts", text: "Cannot find module" },
  ]);
});

it("finds failed browser tests in nested suites, and what broke outside of them", () => {
  const spec = (title: string, status: string, errors: { message?: string }[]) => ({
    title,
    file: "e2e/jobs.spec.ts",
    line: 7,
    tests: [{ status, results: [{ errors }] }],
  });
  const report = {
    suites: [
      {
        specs: [spec("starts", "expected", [])],
        suites: [{ specs: [spec("ends", "unexpected", [{ message: "too late" }])] }],
      },
    ],
    errors: [{ message: "the portal did not start" }],
  };
  expect(playwrightFailures(report)).toEqual([
    { title: "e2e/jobs.spec.ts:7 › ends", text: "too late" },
    { title: "Outside of the tests", text: "the portal did not start" },
  ]);
});

it("keeps the beginning and the end of a long text, without colours", () => {
  const text = Array.from({ length: 50 }, (_, at) => `\u001b[31mline ${at}\u001b[39m`).join("\n");
  const lines = inFewLines({ title: "long", text }).split("\n");
  expect(lines).toHaveLength(42);
  expect([lines[0], lines[1], lines[21], lines[41]]).toEqual([
    "✗ long",
    "    line 0",
    "    … 10 more lines …",
    "    line 49",
  ]);
});
