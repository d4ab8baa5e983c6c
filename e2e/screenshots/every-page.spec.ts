import fs from "node:fs";
import path from "node:path";
import { storageStateOf } from "../fixtures/people";
import { addressOf, allRoutes, settled, VISITS } from "../fixtures/routes";
import { test } from "../fixtures/test";

const folder = process.env.MODELWORKS_SCREENSHOTS ?? "";
const fileOf = (route: string, look: string) =>
  path.join(folder, look, `${route === "/" ? "home" : route.slice(1).replaceAll("/", "--")}.png`);

const LOOKS = (["light", "dark"] as const).flatMap((colorScheme) =>
  [1440, 360].map((width) => ({ colorScheme, width, name: `${colorScheme}-${width}` })),
);

for (const look of LOOKS) {
  test(`every page in ${look.name}`, async ({ browser, baseURL }) => {
    fs.mkdirSync(path.join(folder, look.name), { recursive: true });
    for (const route of allRoutes()) {
      const visit = VISITS[route];
      if (!visit) throw new Error(`${route} has no entry in VISITS (e2e/fixtures/routes.ts).`);
      const context = await browser.newContext({
        baseURL,
        locale: "en-GB",
        timezoneId: "UTC",
        viewport: { width: look.width, height: look.width < 500 ? 780 : 900 },
        colorScheme: look.colorScheme,
        reducedMotion: "reduce",
        storageState: visit.persona ? await storageStateOf(visit.persona) : undefined,
      });
      const page = await context.newPage();
      const address = await addressOf(page, route);
      if (address) {
        await page.goto(address);
        await settled(page);
        const file = fileOf(route, look.name);
        await page.screenshot({ path: file, fullPage: true });
        console.log(file);
      } else console.log(`nothing to show for ${route}`);
      await context.close();
    }
  });
}
