import { describe, expect, it } from "vitest";
import { simulateWeeks } from "./drift-simulation";

describe("drift on quiet traffic", () => {
  const quiet = { seed: 7, referenceRows: 442, windowRows: 300, reference: "training-data" } as const;

  it("alarms in no more than 1 % of weeks, although a week has 168 looks at a reference of 442 rows", () => {
    const { weeksWithAlarm } = simulateWeeks({ ...quiet, weeks: 60 });
    // 0.6 are expected at most; three or more would be so in one of forty runs.
    expect(weeksWithAlarm).toBeLessThanOrEqual(2);
  });

  it("would alarm nearly every week with a chance of 5 % at each look", () => {
    const { weeksWithAlarm } = simulateWeeks({ ...quiet, weeks: 10, alpha: 0.05 });
    expect(weeksWithAlarm).toBeGreaterThanOrEqual(8);
  });

  it("is still found by one look when it is there", () => {
    const found = (change: object, windowRows: number) =>
      simulateWeeks({ ...quiet, weeks: 40, looksPerWeek: 1, windowRows, change }).alarms / 40;
    expect(found({ shift: 0.5 }, 1_000)).toBeGreaterThan(0.9);
    expect(found({ colour: 0.2 }, 1_000)).toBeGreaterThan(0.9);
    expect(found({ missingAge: 0.1 }, 1_000)).toBeGreaterThan(0.9);
    expect(found({}, 1_000)).toBe(0);
  });
});
