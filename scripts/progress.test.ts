import { expect, it } from "vitest";
import { BUILD_STEPS, progressOf, runTold } from "./progress.mjs";

it("tells each step of a build once, with the time, and that a long one is still under way", () => {
  const told: string[] = [];
  const progress = progressOf("building pages", BUILD_STEPS, (line) => told.push(line));
  progress.quiet(10_000);
  progress.line("  Creating an optimized production build ...", 12_000);
  progress.line("  Creating an optimized production build ...", 13_000);
  progress.quiet(20_000);
  progress.quiet(27_100);
  progress.quiet(28_000);
  progress.line("  Running TypeScript ...", 40_400);
  progress.line("  Collecting page data using 1 worker ...", 51_000);
  expect(told).toEqual([
    "  building pages: compiling, 12 s so far",
    "  building pages: still compiling, 27 s so far",
    "  building pages: checking types, 40 s so far",
    "  building pages: collecting what the pages need, 51 s so far",
  ]);
});

it("tells steps while the command runs, and gives back what it said and how it ended", async () => {
  const told: string[] = [];
  const script = `console.log("Collecting page data"); console.error("why"); process.exit(3)`;
  const result = await runTold(
    "building pages",
    process.execPath,
    ["-e", script],
    {},
    { steps: BUILD_STEPS, print: (line) => told.push(line) },
  );
  expect(told).toEqual([expect.stringMatching(/collecting what the pages need, \d+ s so far$/)]);
  expect(result).toMatchObject({ code: 3, output: expect.stringMatching(/why/) });
  const gone = await runTold("x", "/no/such/program", [], {});
  expect(gone).toMatchObject({ code: 1, output: expect.stringMatching(/ENOENT/) });
});
