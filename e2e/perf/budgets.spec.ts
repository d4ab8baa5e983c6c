import type { Browser, Page } from "@playwright/test";
import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { z } from "zod";
import { storageStateOf } from "../fixtures/people";
import { addressOf, allRoutes, settled, VISITS } from "../fixtures/routes";
import { expect, test } from "../fixtures/test";

/** The budgets that `npm run weight` holds from the build's manifests; here real documents in a real browser are held to them. */
const Budgets = z.object({
  ceilingKb: z.number(),
  kindsKb: z.record(z.string(), z.number()),
  regression: z.number(),
  lcpMs: z.number(),
  cls: z.number(),
  routes: z.record(z.string(), z.object({ kind: z.string(), kb: z.number() })),
});
const budgets = Budgets.parse(
  JSON.parse(fs.readFileSync(path.join(import.meta.dirname, "budgets.json"), "utf8")),
);

/** One or two of each kind: what `npm test` looks at. `npm run perf` looks at all. */
const MAIN = new Set([
  "/",
  "/sign-in",
  "/settings",
  "/jobs",
  "/models",
  "/models/[name]/versions/[number]",
  "/experiments/[experimentId]/runs/[runId]",
  "/monitoring/[name]",
  "/deployments/new",
]);

/** Kilobytes of the scripts that the document itself names: what comes lazily is not among them. */
async function initialKb(page: Page, address: string): Promise<number> {
  const html = await (await page.request.get(address)).text();
  const urls = [...html.matchAll(/<script[^>]*\ssrc="([^"]+)"[^>]*>/g)].flatMap(([tag, src]) =>
    // Old browsers alone load what is marked nomodule.
    src && !/\bnomodule\b/i.test(tag) ? [src.replaceAll("&amp;", "&")] : [],
  );
  const sizes = await Promise.all(
    [...new Set(urls)].map(async (url) => gzipSync(await (await page.request.get(url)).body()).length),
  );
  return sizes.reduce((sum, size) => sum + size, 0) / 1000;
}

const Vitals = z.object({ lcpMs: z.number(), cls: z.number() });
type Vitals = z.infer<typeof Vitals>;

/** Observes the largest paint and the layout shifts from before the first byte. */
const observe = () => {
  const vitals = { lcpMs: 0, cls: 0 };
  Object.assign(window, { vitals });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) vitals.lcpMs = Math.max(vitals.lcpMs, entry.startTime);
  }).observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & {
      value: number;
      hadRecentInput: boolean;
    })[])
      if (!entry.hadRecentInput) vitals.cls += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
};

async function newPage(browser: Browser, route: string, baseURL: string | undefined): Promise<Page> {
  const visit = VISITS[route];
  if (!visit) throw new Error(`${route} has no entry in VISITS (e2e/fixtures/routes.ts).`);
  const context = await browser.newContext({
    baseURL,
    viewport: { width: 1440, height: 900 },
    storageState: visit.persona ? await storageStateOf(visit.persona) : undefined,
  });
  await context.addInitScript(observe);
  return context.newPage();
}

/** Up to three visits with an empty browser; other work on the machine can only add time, so the quickest is the page's own. */
async function vitalsOf(browser: Browser, route: string, baseURL: string | undefined): Promise<Vitals> {
  let best: Vitals = { lcpMs: Infinity, cls: 0 };
  for (let visit = 0; visit < 3 && best.lcpMs > budgets.lcpMs; visit += 1) {
    // oxlint-disable no-await-in-loop -- one visit after the other: together they would measure each other
    const page = await newPage(browser, route, baseURL);
    await page.goto((await addressOf(page, route)) ?? "/");
    await settled(page);
    const seen = Vitals.parse(await page.evaluate("window.vitals"));
    best = { lcpMs: Math.min(best.lcpMs, seen.lcpMs), cls: Math.max(best.cls, seen.cls) };
    await page.context().close();
    // oxlint-enable no-await-in-loop
  }
  return best;
}

for (const route of allRoutes()) {
  test(`${route} keeps its budget`, { tag: MAIN.has(route) ? "@main" : [] }, async ({ browser, baseURL }) => {
    const recorded = budgets.routes[route];
    if (!recorded) throw new Error(`${route} has no entry in e2e/perf/budgets.json.`);
    const page = await newPage(browser, route, baseURL);
    const kb = await initialKb(page, (await addressOf(page, route)) ?? "/");
    await page.context().close();
    const vitals = await vitalsOf(browser, route, baseURL);
    const budget = Math.min(
      budgets.kindsKb[recorded.kind] ?? 0,
      budgets.ceilingKb,
      recorded.kb * (1 + budgets.regression),
    );
    console.log(
      `${route.padEnd(44)} ${kb.toFixed(1).padStart(6)} of ${budget.toFixed(1)} kB, LCP ${Math.round(vitals.lcpMs)} ms, CLS ${vitals.cls.toFixed(3)}`,
    );
    expect.soft(kb, "the document names its scripts").toBeGreaterThan(0);
    expect.soft(kb, `scripts of ${route} in kB`).toBeLessThanOrEqual(budget);
    expect.soft(vitals.lcpMs, "largest contentful paint in ms").toBeLessThanOrEqual(budgets.lcpMs);
    expect.soft(vitals.cls, "cumulative layout shift").toBeLessThanOrEqual(budgets.cls);
  });
}

test(
  "the palette opens within 100 ms of the keys once the page rests",
  { tag: "@main" },
  async ({ browser, baseURL }) => {
    const page = await newPage(browser, "/", baseURL);
    await page.goto("/");
    await settled(page);
    await page.evaluate(() => {
      const times: number[] = [];
      Object.assign(window, { times });
      let pressed = 0;
      window.addEventListener("keydown", () => (pressed = performance.now()), true);
      new MutationObserver(() => {
        if (pressed === 0 || !document.querySelector("[role=dialog] input")) return;
        const from = pressed;
        pressed = 0;
        // The frame after the change is the one that people see.
        requestAnimationFrame(() => times.push(performance.now() - from));
      }).observe(document.body, { childList: true, subtree: true });
    });
    const palette = page.getByRole("dialog", { name: "Search and commands" });
    const times = z.array(z.number());
    let seen: number[] = [];
    for (let round = 1; round <= 3; round += 1) {
      // oxlint-disable no-await-in-loop -- each round needs the palette closed by the one before
      await page.keyboard.press("ControlOrMeta+k");
      await expect(palette).toBeVisible();
      await expect
        .poll(async () => (seen = times.parse(await page.evaluate("window.times"))).length)
        .toBeGreaterThanOrEqual(round);
      await page.keyboard.press("Escape");
      await expect(palette).toBeHidden();
      // oxlint-enable no-await-in-loop
    }
    await page.context().close();
    console.log(`palette: ${seen.map((ms) => `${Math.round(ms)} ms`).join(", ")}`);
    expect(Math.min(...seen)).toBeLessThanOrEqual(100);
  },
);
