import { describe, expect, it } from "vitest";
import { type Budgets, judge } from "./script-weight.mjs";

const budgets: Budgets = {
  ceilingKb: 300,
  kindsKb: { home: 215, list: 255, wide: 400 },
  laterKb: 115,
  regression: 0.05,
  routes: { "/": { kind: "home", kb: 200 }, "/jobs": { kind: "list", kb: 220 } },
};
const at = (home: number, jobs: number) =>
  new Map([
    ["/", { kb: home, largest: ["9.0 kB a.js"] }],
    ["/jobs", { kb: jobs, largest: ["8.0 kB b.js"] }],
  ]);

describe("the gate on script weight", () => {
  it("passes what keeps its budget and its record", () => {
    expect(judge(at(209.9, 230.9), 114, budgets)).toEqual([]);
  });

  it("names the page that grew by more than 5 % and its largest scripts", () => {
    const [fault = "", ...others] = judge(at(200, 231.1), 100, budgets);
    expect(fault).toMatch(/^\/jobs: 231\.1 kB, more than 5 % above the recorded 220 kB\..*8\.0 kB b\.js/);
    expect(others).toEqual([]);
  });

  it("names the page above the budget of its kind, whatever is recorded", () => {
    const recorded = { ...budgets, routes: { ...budgets.routes, "/": { kind: "home", kb: 220 } } };
    expect(judge(at(216, 220), 100, recorded)).toEqual([
      expect.stringMatching(/^\/: 216\.0 kB, above 215 kB for home/),
    ]);
  });

  it("lets no kind exceed the ceiling, and no unknown kind pass", () => {
    const wide = { ...budgets, routes: { ...budgets.routes, "/jobs": { kind: "wide", kb: 310 } } };
    expect(judge(at(200, 301), 100, wide)).toEqual([
      expect.stringMatching(/^\/jobs: 301\.0 kB, above 300 kB/),
    ]);
    const odd = { ...budgets, routes: { ...budgets.routes, "/jobs": { kind: "odd", kb: 220 } } };
    expect(judge(at(200, 220), 100, odd)).toEqual([expect.stringMatching(/above 0 kB for odd/)]);
  });

  it("refuses a page without an entry, an entry without a page, and a heavy part", () => {
    const faults = judge(new Map([["/new", { kb: 10, largest: [] }]]), 116, budgets);
    expect(faults).toHaveLength(4);
    expect(faults[0]).toContain("/new has no entry");
    expect(faults[3]).toContain("116.0 kB, above 115 kB");
  });
});
