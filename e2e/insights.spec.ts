import { z } from "zod";
import { seededLine } from "./fixtures/line";
import { expect, test } from "./fixtures/test";

test.beforeAll(async () => {
  test.setTimeout(300_000);
  await seededLine();
});

const Velocity = z.looseObject({
  etp: z.looseObject({ n: z.number() }),
  cycle: z.looseObject({ n: z.number(), p50: z.number().nullable() }),
  rows: z.looseObject({ cycles: z.array(z.looseObject({ versionId: z.string(), model: z.string() })) }),
});

test("the line's numbers come from what happened, and each leads to its rows", async ({ as, api }) => {
  const { model, versionId } = await seededLine();
  const page = await as("scientist");
  await page.goto("/");
  await page.getByRole("link", { name: "Cycle time, median" }).click();
  await expect(page).toHaveURL(/\/insights\?window=30d#cycles/);
  await page.getByRole("radio", { name: "last 7 days" }).click();
  await expect(page).toHaveURL(/window=7d/);
  await expect(page.getByRole("link", { name: `${model} version 1`, exact: true })).toBeVisible();
  const told = await (await api("scientist")).get("/api/v1/insights/velocity?window=7d", Velocity);
  expect(told.etp.n).toBeGreaterThan(0);
  expect(told.rows.cycles.map((row) => row.versionId)).toContain(versionId);
});

test("a window that there is not is refused by name", async ({ api }) => {
  const problem = await (await api("scientist")).refused("GET", "/api/v1/insights/velocity?window=2h");
  expect(problem).toMatchObject({ status: 400, code: "invalid" });
  expect(Object.keys(problem.details?.fields ?? {})).toContain("window");
});

test("who has no session gets no number, and a viewer reads all of them", async ({ page, as }) => {
  expect((await page.request.get("/api/v1/insights/velocity")).status()).toBe(401);
  const viewer = await as("viewer");
  await viewer.goto("/insights");
  await expect(viewer.locator("#cycles")).toBeVisible();
});

test("another team's line does not count in ours", async ({ as, api }) => {
  const { model } = await seededLine();
  const told = await (await api("outsider")).get("/api/v1/insights/velocity", Velocity);
  expect(told.rows.cycles).toEqual([]);
  expect(told.etp.n).toBe(0);
  const page = await as("outsider");
  await page.goto("/insights");
  await expect(page.getByText("No version was registered in this window.")).toBeVisible();
  await expect(page.getByText(model)).toHaveCount(0);
});
