import { z } from "zod";
import { expectBlocked, expectFieldError, expectMissing, expectMissingByApi } from "./fixtures/expects";
import { csvTable, uploadDataset } from "./fixtures/line";
import { expect, test } from "./fixtures/test";

const csvFile = (name: string, content: string) => ({
  name,
  mimeType: "text/csv",
  buffer: Buffer.from(content),
});

test("a CSV becomes version 1 with schema and digests; another file becomes version 2 with its difference", async ({
  as,
  api,
}) => {
  const page = await as("scientist");
  await page.goto("/datasets/new");
  await page.getByLabel("CSV or Parquet file").setInputFiles(csvFile("blood-pressure.csv", csvTable(120)));
  await expect(page.getByLabel("Name")).toHaveValue("blood pressure");
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await expect(page).toHaveURL(/\/datasets\/blood-pressure/);
  await expect(page.getByText("120").first()).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText("progressed").first()).toBeVisible();
  const scientist = await api("scientist");
  const Version = z.looseObject({ id: z.string(), manifestDigest: z.string(), contentDigest: z.string() });
  const first = await scientist.get("/api/v1/datasets/blood-pressure/versions/1", Version);
  expect(first.manifestDigest).toMatch(/^sha256:[0-9a-f]{64}$/);
  const second = await uploadDataset(scientist, "blood-pressure", csvTable(150, 1));
  const diff = await scientist.get(
    `/api/v1/dataset-diff?before=${first.id}&after=${second}`,
    z.looseObject({}),
  );
  expect(JSON.stringify(diff)).toContain("bmi");
  await page.goto("/datasets/blood-pressure");
  await expect(page.getByText("150").first()).toBeVisible();
});

test("the same bytes give the same version again", async ({ api }) => {
  const scientist = await api("scientist");
  const first = await uploadDataset(scientist, "same-bytes", csvTable(40));
  expect(await uploadDataset(scientist, "same-bytes", csvTable(40))).toBe(first);
});

test("a malformed file is refused with line and column, and nothing is registered", async ({ as, api }) => {
  const page = await as("scientist");
  await page.goto("/datasets/new");
  await page
    .getByLabel("CSV or Parquet file")
    .setInputFiles(csvFile("broken rows.csv", 'a,b\n1,2\n3,"4\n5,6\n'));
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await expect(page.getByText(/line 3/i).first()).toBeVisible({ timeout: 30_000 });
  const dataset = await (
    await api("scientist")
  ).get("/api/v1/datasets/broken-rows/versions", z.looseObject({ items: z.array(z.unknown()) }));
  expect(dataset.items).toEqual([]);
});

test("a file with a title above its table is refused, and read from the line that a person chooses", async ({
  as,
}) => {
  const page = await as("scientist");
  await page.goto("/datasets/new");
  const content = "Weather of 2024\n\n,city,t\n0,Bern,3.5\n1,Rom,4.25\n";
  await page.getByLabel("CSV or Parquet file").setInputFiles(csvFile("weather.csv", content));
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  const refused = page.getByText("weather.csv was not registered").first();
  await expect(refused).toBeVisible({ timeout: 30_000 });
  await page.getByRole("button", { name: "Read the table from line 3" }).click();
  // The nameless first column is what pandas' to_csv writes.
  await expect(page.getByRole("columnheader", { name: /Unnamed: 0/ }).first()).toBeVisible({
    timeout: 30_000,
  });
  await expect(page.getByText("The table begins in line 3").first()).toBeVisible();
  await expect(refused).toBeHidden();
  await page.goto("/datasets/weather?tab=load");
  await expect(page.getByText("skiprows=2").first()).toBeVisible();
});

test("without a file nothing is sent, and the file's field takes the focus", async ({ as }) => {
  const page = await as("scientist");
  await page.goto("/datasets/new");
  await page.getByLabel("Name", { exact: true }).fill("No file yet");
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await expectFieldError(page.getByLabel("CSV or Parquet file"), /Choose a CSV or Parquet file/);
  await expect(page.getByLabel("CSV or Parquet file")).toBeFocused();
});

test("an upload that ends after its page was left takes nobody away; a message leads to it", async ({
  as,
}) => {
  const page = await as("scientist");
  const held: (() => Promise<void>)[] = [];
  await page.route(/\/datasets\/slow-road\/uploads\//, (route) => void held.push(() => route.continue()));
  await page.goto("/datasets/new");
  await page.getByLabel("CSV or Parquet file").setInputFiles(csvFile("slow-road.csv", csvTable(20)));
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("slow road");
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await expect.poll(() => held.length).toBe(1);
  await page
    .getByRole("navigation", { name: "Main" })
    .getByRole("link", { name: "Models", exact: true })
    .click();
  await expect(page).toHaveURL(/\/models$/);
  await expect(page.getByRole("heading", { name: "Models", level: 1 })).toBeVisible();
  await held[0]?.();
  await expect(page.getByText("slow-road.csv is uploaded")).toBeVisible();
  await expect(page).toHaveURL(/\/models$/);
  await page.getByRole("link", { name: "Open dataset" }).click();
  await expect(page).toHaveURL(/\/datasets\/slow-road$/);
});

test("a taken address is told at its field; what was typed stays", async ({ as, api }) => {
  await uploadDataset(await api("scientist"), "taken-address", csvTable(10));
  const page = await as("scientist");
  await page.goto("/datasets/new");
  await page.getByLabel("CSV or Parquet file").setInputFiles(csvFile("more.csv", csvTable(11)));
  await page.getByLabel("Name").fill("Taken address");
  await page.getByLabel("Description").fill("Keep this text");
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await expectFieldError(page.getByLabel("Slug"), /taken|already|exists/i);
  await expect(page.getByLabel("Description")).toHaveValue("Keep this text");
});

test("a viewer reads and is told why they cannot upload", async ({ as, api }) => {
  await uploadDataset(await api("scientist"), "for-readers", csvTable(10));
  const page = await as("viewer");
  await page.goto("/datasets");
  await expectBlocked(page.getByRole("button", { name: "Upload a dataset" }).first(), /you are viewer/);
  await page.goto("/datasets/for-readers");
  await expect(page.getByRole("heading", { name: "for-readers" })).toBeVisible();
  const problem = await (await api("viewer")).refused("POST", "/api/v1/datasets", { name: "No" });
  expect(problem).toMatchObject({ status: 403, code: "forbidden" });
});

test("another team sees nothing of a dataset", async ({ as, api }) => {
  const versionId = await uploadDataset(await api("scientist"), "team-secret", csvTable(10));
  const outsider = await api("outsider");
  await expectMissingByApi(outsider, [
    ["GET", "/api/v1/datasets/team-secret"],
    ["GET", `/api/v1/dataset-versions/${versionId}`],
    ["GET", `/api/v1/dataset-versions/${versionId}/preview`],
    ["PATCH", "/api/v1/datasets/team-secret", { name: "Mine" }],
    ["POST", "/api/v1/datasets/team-secret/archive", {}],
  ]);
  const list = await outsider.get(
    "/api/v1/datasets?q=team-secret",
    z.looseObject({ items: z.array(z.unknown()) }),
  );
  expect(list.items).toEqual([]);
  await expectMissing(await as("outsider"), "/datasets/team-secret");
});

test("of several datasets that are archived at once, the one that is refused is named and stays chosen", async ({
  as,
  api,
}) => {
  const scientist = await api("scientist");
  await uploadDataset(scientist, "old-left");
  await uploadDataset(scientist, "old-right");
  const page = await as("scientist");
  await page.goto("/datasets?q=old-");
  await page.getByRole("checkbox", { name: "Select old-left" }).check();
  await page.getByRole("checkbox", { name: "Select old-right" }).check();
  await scientist.post("/api/v1/datasets/old-left/archive", {});
  await page.getByRole("toolbar", { name: "Selection" }).getByRole("button", { name: "Archive" }).click();
  const dialog = page.getByRole("alertdialog");
  const held: (() => Promise<void>)[] = [];
  let late = true;
  await page.route(/datasets\.archive/, async (route) => {
    if (late) held.push(() => route.continue());
    else await route.continue();
  });
  await dialog.getByRole("button", { name: "Archive" }).click();
  await expect.poll(() => held.length).toBeGreaterThan(0);
  // What fails is told here alone, so nothing closes it before that.
  await page.keyboard.press("Escape");
  late = false;
  for (const release of held) await release();
  await expect(dialog.getByText("1 dataset archived, 1 not.")).toBeVisible();
  await expect(dialog.getByText(/^old-left: Dataset old-left is archived already/)).toBeVisible();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("toolbar", { name: "Selection" })).toContainText("1 selected");
});

test("what is typed into the settings outlives a refetch that fails and what someone else saves", async ({
  as,
  api,
}) => {
  const scientist = await api("scientist");
  await uploadDataset(scientist, "settings-together");
  const save = (changes: Record<string, string>) =>
    scientist.send("PATCH", "/api/v1/datasets/settings-together", changes);
  expect((await save({ description: "", classification: "internal", name: "Together" })).status).toBe(200);
  const page = await as("scientist");
  await page.goto("/datasets/settings-together?tab=settings");
  const form = page.getByRole("form", { name: "Dataset details" });
  const description = form.getByLabel("Description");
  await description.fill("Mine");

  // Another field appears as it was saved; the typed one stays, although the portal did not answer first.
  await page.route(/datasets\.get/, (route) => route.abort(), { times: 1 });
  expect((await save({ classification: "restricted" })).status).toBe(200);
  await expect(form.getByLabel("Classification")).toHaveValue("restricted", { timeout: 15_000 });
  await expect(description).toHaveValue("Mine");

  // The same field: told once, then replaced.
  expect((await save({ description: "Theirs", name: "Seen by both" })).status).toBe(200);
  await expect(form.getByLabel("Name")).toHaveValue("Seen by both", { timeout: 15_000 });
  const button = form.getByRole("button", { name: "Save" });
  await button.click();
  await expect(form.getByText(/Someone else changed meanwhile: Description/)).toBeVisible();
  await expect(description).toHaveValue("Mine");
  await button.click();
  await expect(page.getByText("Saved", { exact: true })).toBeVisible();
  const Saved = z.looseObject({ description: z.string(), classification: z.string(), name: z.string() });
  expect(await scientist.get("/api/v1/datasets/settings-together", Saved)).toMatchObject({
    description: "Mine",
    classification: "restricted",
    name: "Seen by both",
  });
});
