import type { Browser, BrowserContextOptions } from "@playwright/test";
import { overflow, violations, type Rules } from "../fixtures/accessibility";
import { attended } from "../fixtures/alive";
import { storageStateOf } from "../fixtures/people";
import { addressOf, allRoutes, settled, VISITS } from "../fixtures/routes";
import { expect, test, type Page } from "../fixtures/test";

const LIGHT: BrowserContextOptions = { colorScheme: "light", viewport: { width: 1440, height: 900 } };
const DARK: BrowserContextOptions = { ...LIGHT, colorScheme: "dark" };
const NARROW: BrowserContextOptions = { ...LIGHT, viewport: { width: 360, height: 740 } };
const LOOKS = [
  { name: "light", options: LIGHT },
  { name: "dark", options: DARK },
  { name: "360 px", options: NARROW },
];

/** One of each kind of page, loaded in each look for itself: a page may begin otherwise than it becomes. */
const LOADED_IN_EACH = [
  "/",
  "/sign-in",
  "/datasets",
  "/deployments/new",
  "/models/[name]/versions/[number]",
  "/monitoring/[name]",
];

// Every route is on its own: they spread over all workers.
test.describe.configure({ mode: "parallel" });

/** A context of its own in which the route's page has loaded. */
async function open(browser: Browser, baseURL: string | undefined, route: string, look: object) {
  const visit = VISITS[route];
  if (!visit) throw new Error(`${route} has no entry in VISITS (e2e/fixtures/routes.ts).`);
  const context = await browser.newContext({
    ...(baseURL === undefined ? {} : { baseURL }),
    locale: "en-GB",
    storageState: visit.persona ? await storageStateOf(visit.persona) : undefined,
    reducedMotion: "reduce",
    ...look,
  });
  const page = attended(await context.newPage());
  await page.goto((await addressOf(page, route)) ?? "/");
  await settled(page);
  return page;
}

/** Everything that is wrong in one look, with the look's name. */
async function wrong(page: Page, route: string, look: string, rules: Rules = "all") {
  const found = await violations(page, route, rules);
  const wide = await overflow(page);
  if (wide > 0) found.push(`the page is ${wide} px wider than the screen`);
  return found.map((text) => `[${look}] ${text}`);
}

test("every route has a recipe, and every recipe a route", () => {
  const routes = allRoutes();
  expect(routes.filter((route) => !VISITS[route])).toEqual([]);
  expect(LOADED_IN_EACH.filter((route) => !routes.includes(route))).toEqual([]);
});

for (const route of allRoutes()) {
  test(`${route} meets WCAG 2.2 AA in light, dark and at 360 px`, async ({ browser, baseURL }) => {
    const page = await open(browser, baseURL, route, LIGHT);
    const problems = await wrong(page, route, "light");
    // The same page in the dark: its elements stay, so only what rests on colours can differ.
    await page.emulateMedia({ colorScheme: "dark" });
    await expect(page.locator("html")).toHaveClass(/(^| )dark( |$)/);
    problems.push(...(await wrong(page, route, "dark", "colours")));
    await page.emulateMedia({ colorScheme: "light" });
    await expect(page.locator("html")).not.toHaveClass(/(^| )dark( |$)/);
    await page.setViewportSize({ width: 360, height: 740 });
    await settled(page);
    // Narrow, parts move and hide; what alone appears there is of the frame, and seen on the pages loaded below.
    problems.push(...(await wrong(page, route, "360 px", "layout")));
    await page.context().close();
    expect(problems.join("\n")).toBe("");
  });
}

test.describe("loaded in each look", () => {
  for (const route of LOADED_IN_EACH) {
    for (const { name, options } of LOOKS.slice(1)) {
      test(`${route} in ${name}`, async ({ browser, baseURL }) => {
        const page = await open(browser, baseURL, route, options);
        const problems = await wrong(page, route, name);
        await page.context().close();
        expect(problems.join("\n")).toBe("");
      });
    }
  }
});

test.describe("what opens over a page", () => {
  for (const { name, options } of LOOKS) {
    test(`palette, dialog and menu in ${name}`, async ({ as }) => {
      const page = await as("platform", { reducedMotion: "reduce", ...options });
      await page.goto("/admin/users");
      await settled(page);
      await page.keyboard.press("Control+k");
      await expect(page.getByRole("dialog")).toBeVisible();
      const problems = await violations(page, "palette");
      await page.keyboard.press("Escape");
      await expect(page.getByRole("dialog")).toBeHidden();
      await page.getByRole("button", { name: "Add person" }).first().click();
      await expect(page.getByRole("dialog")).toBeVisible();
      problems.push(...(await violations(page, "dialog")));
      await page.keyboard.press("Escape");
      await expect(page.getByRole("dialog")).toBeHidden();
      if (options !== NARROW) {
        await page.getByRole("button", { name: /^Account:/ }).click();
        await expect(page.getByRole("menu")).toBeVisible();
        problems.push(...(await violations(page, "menu")));
      }
      expect(problems.join("\n")).toBe("");
    });
  }
});
