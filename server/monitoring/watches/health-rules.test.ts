import { expect, it } from "vitest";
import { promotionFinding, type Counted } from "./health-rules";

const NOTHING: Counted = {
  requests: 0,
  errors: 0,
  slow: 0,
  feedback: 0,
  correct: 0,
  scored: 0,
  scoreSum: 0,
  buckets: {},
};

/** A generator whose numbers are the same in every run. */
function numbers(seed: number) {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

function plus(sum: Counted, random: () => number, rates: { error: number; right: number }): Counted {
  const next = { ...sum, buckets: { ...sum.buckets } };
  for (let request = 0; request < 100; request += 1) {
    next.requests += 1;
    if (random() < rates.error) next.errors += 1;
    const bucket = random() < 0.01 ? 24 : random() < 0.1 ? 20 : 16;
    next.buckets[bucket] = (next.buckets[bucket] ?? 0) + 1;
    if (random() < 0.3) {
      next.feedback += 1;
      if (random() < rates.right) next.correct += 1;
    }
  }
  return next;
}

/** Share of watches, each looked at a hundred times while requests come, that find the new version worse. */
function foundWorse(rates: { error: number; right: number }): number {
  let found = 0;
  for (let seed = 1; seed <= 200; seed += 1) {
    const random = numbers(seed * 7_919);
    let before = NOTHING;
    for (let n = 0; n < 50; n += 1) before = plus(before, random, { error: 0.02, right: 0.9 });
    let now = NOTHING;
    for (let n = 0; n < 100; n += 1) {
      now = plus(now, random, rates);
      if (promotionFinding(now, before).state !== "bad") continue;
      found += 1;
      break;
    }
  }
  return found / 200;
}

it("a version as good as the one before is hardly ever found worse, however often one looks", () => {
  expect(foundWorse({ error: 0.02, right: 0.9 })).toBeLessThanOrEqual(0.02);
});

it("one with more errors, or fewer right answers, is found", () => {
  expect(foundWorse({ error: 0.06, right: 0.9 })).toBeGreaterThan(0.9);
  expect(foundWorse({ error: 0.02, right: 0.8 })).toBeGreaterThan(0.9);
});

it("says that requests became slower than the p99 of the version before", () => {
  const before = { ...NOTHING, requests: 10_000, buckets: { 16: 9_950, 20: 50 } };
  const finding = promotionFinding({ ...NOTHING, requests: 1_000, buckets: { 16: 900, 24: 100 } }, before);
  expect(finding).toMatchObject({ state: "bad", text: expect.stringContaining("99% took at most") });
});
