import { z } from "zod";
import { expect, test } from "./fixtures/test";

const GOOD = "id,age,label\n1,50,0\n2,61,1\n3,44,0\n";
const Uploaded = z.looseObject({ id: z.string(), state: z.string(), versionId: z.string().nullable() });

test.describe("datasets", () => {
  test("a file becomes a version in the browser, a second one is compared, a broken one names its line", async ({
    as,
  }) => {
    const page = await as("scientist");
    await page.goto("/datasets/new");
    const send = (name: string, text: string) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
    await page.getByLabel("CSV or Parquet file").setInputFiles(send("station-one.csv", GOOD));
    await expect(page.getByLabel("Name")).toHaveValue("station one");
    await page.getByRole("button", { name: "Upload", exact: true }).click();
    await page.waitForURL("**/datasets/station-one");
    await expect(page.getByText("Registered as version 1.")).toBeVisible({ timeout: 30_000 });
    await expect(page.getByRole("cell", { name: "61" })).toBeVisible();

    const next = async (name: string, text: string) => {
      await page.getByRole("button", { name: "Upload new version" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("CSV or Parquet file").setInputFiles(send(name, text));
      await dialog.getByRole("button", { name: "Upload", exact: true }).click();
    };
    await next("station-one.csv", `${GOOD}4,70,1\n`);
    await expect(page.getByText("Registered as version 2.")).toBeVisible({ timeout: 30_000 });
    await page.getByRole("tab", { name: "Compare" }).click();
    await expect(page).toHaveURL(/tab=diff/);
    await expect(page.getByText("The same columns with the same types.")).toBeVisible();

    await next("broken.csv", "id,age\n1,50\n2,51,extra\n");
    await expect(page.getByText("Line 3, column 5: 3 values, expected 2 (id, age).")).toBeVisible({
      timeout: 30_000,
    });
    await page.getByRole("tab", { name: "Versions" }).click();
    await expect(page.getByRole("link", { name: "Version 2" })).toBeVisible();
    await expect(page.getByRole("link", { name: "Version 3" })).toHaveCount(0);
  });

  test("bad input is refused and names what is wrong", async ({ api }) => {
    const scientist = await api("scientist");
    const noName = await scientist.refused("POST", "/api/v1/datasets", { name: "" });
    expect(noName).toMatchObject({
      status: 400,
      code: "invalid",
      details: { fields: { name: "Enter a name." } },
    });
    expect((await scientist.refused("PUT", "/api/v1/datasets/nope/uploads/a.csv", GOOD)).status).toBe(404);
  });

  test("a viewer reads but cannot write, and the page says why", async ({ api, as }) => {
    const viewer = await api("viewer");
    const refused = await viewer.refused("POST", "/api/v1/datasets", { name: "Not allowed" });
    expect(refused).toMatchObject({ status: 403, code: "forbidden" });
    const page = await as("viewer");
    await page.goto("/datasets/new");
    await expect(page.getByText("needs the role member")).toBeVisible();
  });

  test("another team's dataset looks missing", async ({ api, as }) => {
    const scientist = await api("scientist");
    const upload = await scientist.put(
      "/api/v1/datasets/private-rows/uploads/a.csv?create=true",
      GOOD,
      Uploaded,
    );
    const outsider = await api("outsider");
    for (const path of ["/api/v1/datasets/private-rows", `/api/v1/uploads/${upload.id}`]) {
      expect((await outsider.refused("GET", path)).status).toBe(404);
    }
    const page = await as("outsider");
    await page.goto("/datasets/private-rows");
    await expect(page.getByText("This dataset")).toBeVisible();
    await expect(page.getByText("private-rows")).toHaveCount(0);
  });
});
