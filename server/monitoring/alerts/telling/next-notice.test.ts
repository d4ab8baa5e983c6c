import { expect, it } from "vitest";
import { nextNotice, type Awaiting } from "./next-notice";
import { AlertRoute } from "./schemas";

const at = (seconds: number) => new Date(1_800_000_000_000 + seconds * 1_000);
const route = (repeatMinutes: number | null) => AlertRoute.parse({ groupWaitSeconds: 10, repeatMinutes });
const next = (repeatMinutes: number | null, change: Partial<Awaiting>) =>
  nextNotice(route(repeatMinutes), {
    alert: { startedAt: at(0), toldAt: at(10) },
    group: { flushAt: at(310), toldAt: at(10) },
    isUnheard: true,
    ...change,
  });

it("an alert that nobody was told of is told when its group is looked at next, or when its wait is over", () => {
  const alert = { startedAt: at(0), toldAt: null };
  expect(next(60, { alert, group: null })).toEqual({ at: at(10), isRepeat: false });
  expect(next(60, { alert })).toEqual({ at: at(310), isRepeat: false });
  // Silenced since its group was made, and not any more.
  expect(next(null, { alert, group: { flushAt: at(40), toldAt: null } })).toEqual({
    at: at(40),
    isRepeat: false,
  });
});

it("one that was told is told again after the route's time, as long as anything of its group waits for somebody", () => {
  expect(next(60, {})).toEqual({ at: at(3_610), isRepeat: true });
  expect(next(60, { isUnheard: false })).toBeNull();
  expect(next(null, {})).toBeNull();
});
