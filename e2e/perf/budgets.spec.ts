import type { Page } from "@playwright/test";
import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { z } from "zod";
import { storageStateOf } from "../fixtures/people";
import { addressOf, allRoutes, settled, VISITS } from "../fixtures/routes";
import { expect, test } from "../fixtures/test";

/** Kilobytes (1,000 bytes) of gzip-compressed scripts that a route loads before it can be used, and what the eye may suffer. */
const Budgets = z.object({
  ceilingKb: z.number(),
  defaultKb: z.number(),
  lcpMs: z.number(),
  cls: z.number(),
  scriptsKb: z.record(z.string(), z.number()),
});
const budgets = Budgets.parse(
  JSON.parse(fs.readFileSync(path.join(import.meta.dirname, "budgets.json"), "utf8")),
);

/** Scripts that the document itself names: what the browser must load before it can do anything, without what comes lazily. */
async function initialScripts(page: Page, address: string): Promise<{ url: string; bytes: number }[]> {
  const html = await (await page.request.get(address)).text();
  const urls = [...html.matchAll(/<script[^>]*\ssrc="([^"]+)"[^>]*>/g)].flatMap(([tag, src]) =>
    // Old browsers alone load what is marked nomodule.
    src && !/\bnomodule\b/i.test(tag) ? [src.replaceAll("&amp;", "&")] : [],
  );
  return Promise.all(
    [...new Set(urls)].map(async (url) => {
      const body = await (await page.request.get(url)).body();
      return { url, bytes: gzipSync(body).length };
    }),
  );
}

const Vitals = z.object({ lcpMs: z.number(), cls: z.number() });

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

for (const route of allRoutes()) {
  test(`${route} keeps its budget`, async ({ browser, baseURL }) => {
    const visit = VISITS[route];
    if (!visit) throw new Error(`${route} has no entry in VISITS (e2e/fixtures/routes.ts).`);
    const context = await browser.newContext({
      baseURL,
      viewport: { width: 1440, height: 900 },
      storageState: visit.persona ? await storageStateOf(visit.persona) : undefined,
    });
    await context.addInitScript(observe);
    const page = await context.newPage();
    const address = (await addressOf(page, route)) ?? "/";
    const scripts = await initialScripts(page, address);
    const kb = scripts.reduce((sum, script) => sum + script.bytes, 0) / 1000;
    await page.goto(address);
    await settled(page);
    const vitals = Vitals.parse(await page.evaluate("window.vitals"));
    await context.close();
    const budget = Math.min(budgets.scriptsKb[route] ?? budgets.defaultKb, budgets.ceilingKb);
    const largest = scripts
      .toSorted((a, b) => b.bytes - a.bytes)
      .slice(0, 6)
      .map(({ url, bytes }) => `${(bytes / 1000).toFixed(1)} kB ${url}`);
    console.log(
      `${route.padEnd(44)} ${kb.toFixed(1).padStart(6)} of ${budget} kB, LCP ${Math.round(vitals.lcpMs)} ms, CLS ${vitals.cls.toFixed(3)}`,
    );
    expect.soft(scripts.length, "the document names its scripts").toBeGreaterThan(0);
    expect
      .soft(kb, `scripts of ${route} in kB; the largest:\n${largest.join("\n")}`)
      .toBeLessThanOrEqual(budget);
    expect.soft(vitals.lcpMs, "largest contentful paint in ms").toBeLessThanOrEqual(budgets.lcpMs);
    expect.soft(vitals.cls, "cumulative layout shift").toBeLessThanOrEqual(budgets.cls);
  });
}
