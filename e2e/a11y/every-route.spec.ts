import type { BrowserContextOptions } from "@playwright/test";
import { overflow, violations } from "../fixtures/accessibility";
import { attended } from "../fixtures/alive";
import { storageStateOf } from "../fixtures/people";
import { addressOf, allRoutes, settled, VISITS } from "../fixtures/routes";
import { expect, test } from "../fixtures/test";

const LOOKS: readonly { name: string; options: BrowserContextOptions }[] = [
  { name: "light", options: { colorScheme: "light" } },
  { name: "dark", options: { colorScheme: "dark" } },
  { name: "360 px", options: { colorScheme: "light", viewport: { width: 360, height: 740 } } },
];

test("every route has a recipe, and every recipe a route", () => {
  const routes = allRoutes();
  expect(routes.filter((route) => !VISITS[route])).toEqual([]);
});

for (const route of allRoutes()) {
  test(`${route} meets WCAG 2.2 AA in light, dark and at 360 px`, async ({ browser, baseURL }) => {
    const visit = VISITS[route];
    if (!visit) throw new Error(`${route} has no entry in VISITS (e2e/fixtures/routes.ts).`);
    const storageState = visit.persona ? await storageStateOf(visit.persona) : undefined;
    const problems: string[] = [];
    for (const { name, options } of LOOKS) {
      const context = await browser.newContext({
        baseURL,
        locale: "en-GB",
        viewport: { width: 1440, height: 900 },
        storageState,
        reducedMotion: "reduce",
        ...options,
      });
      const page = attended(await context.newPage());
      await page.goto((await addressOf(page, route)) ?? "/");
      await settled(page);
      if (name !== "light") await expect(page.locator("body")).toBeVisible();
      problems.push(...(await violations(page, route)).map((text) => `[${name}] ${text}`));
      const wide = await overflow(page);
      if (wide > 0) problems.push(`[${name}] the page is ${wide} px wider than the screen`);
      await context.close();
    }
    expect(problems.join("\n")).toBe("");
  });
}

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
      if (!options.viewport) {
        await page.getByRole("button", { name: /^Account:/ }).click();
        await expect(page.getByRole("menu")).toBeVisible();
        problems.push(...(await violations(page, "menu")));
      }
      expect(problems.join("\n")).toBe("");
    });
  }
});
