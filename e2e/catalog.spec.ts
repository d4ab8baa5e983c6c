import AxeBuilder from "@axe-core/playwright";
import fs from "node:fs";
import { Identified } from "./fixtures/api";
import { expectMissingByApi } from "./fixtures/expects";
import { dispatchNode, uploadDataset } from "./fixtures/line";
import { emailOf } from "./fixtures/people";
import { settled } from "./fixtures/routes";
import { expect, test, type Page } from "./fixtures/test";

const views = (page: Page) => page.getByRole("button", { name: /^View/ });

async function saveView(page: Page, name: string): Promise<void> {
  await views(page).click();
  await page.getByRole("menuitem", { name: "Save as a new view…" }).click();
  const dialog = page.getByRole("dialog", { name: "Save as a view" });
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  await dialog.getByRole("button", { name: "Save view" }).click();
}

test("a list is kept as a view, opens with it, and a name is taken once", async ({ as, api }) => {
  await uploadDataset(await api("scientist"), "views-rows");
  const page = await as("scientist");
  await page.goto("/datasets?q=views&classification=internal&cols=owner");
  await saveView(page, "My rows");
  await expect(page.getByRole("button", { name: "View: My rows" })).toBeVisible();
  await expect(page).toHaveURL(/q=views/);

  // The same name again: refused at the dialog, and what was typed stays.
  await saveView(page, "MY ROWS");
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText(/named "MY ROWS" already/)).toBeVisible();
  await expect(dialog.getByLabel("Name", { exact: true })).toHaveValue("MY ROWS");
  await dialog.getByRole("button", { name: "Cancel" }).click();

  await views(page).click();
  await page.getByRole("menuitem", { name: "Open the list with it" }).click();
  await expect(page.getByText('The list opens with "My rows"')).toBeVisible();
  await page.goto("/datasets");
  await expect(page).toHaveURL(/q=views.*view=view_|view=view_.*q=views/);
  await expect(page.getByRole("columnheader", { name: "Owner" })).toHaveCount(0);

  // Without a view means without: the default does not come back.
  await views(page).click();
  await page.getByRole("menuitemradio", { name: "All, without a view" }).click();
  await expect(page).toHaveURL(/\/datasets\?view=all$/);

  await views(page).click();
  await page.getByRole("menuitemradio", { name: /My rows/ }).click();
  await expect(page.getByRole("button", { name: "View: My rows" })).toBeVisible();
  await page.getByRole("searchbox").fill("views-rows");
  await expect(views(page)).toContainText("changed");

  // A new name leaves what is shown as it is.
  await views(page).click();
  await page.getByRole("menuitem", { name: "Rename…" }).click();
  await page.getByRole("dialog").getByLabel("Name", { exact: true }).fill("Our rows");
  await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
  await expect(page.getByRole("button", { name: "View: Our rows" })).toBeVisible();
  await expect(page).toHaveURL(/q=views-rows/);
  await views(page).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await expect(page.getByText('View "Our rows" deleted')).toBeVisible();
});

test("a view of the team is seen by others, who may not change it; another team does not see it", async ({
  as,
  api,
}) => {
  const scientist = await api("scientist");
  // An empty list has nothing to view.
  await dispatchNode(scientist, "console.log(1)", { name: "Something to list" });
  const { id } = await scientist.post(
    "/api/v1/views",
    { list: "jobs", name: "Failed ones", query: "state=failed", scope: "team" },
    Identified,
  );
  const page = await as("reviewer");
  await page.goto("/jobs");
  await views(page).click();
  await page.getByRole("menuitemradio", { name: "Failed ones" }).click();
  await expect(page).toHaveURL(/state=failed/);
  await views(page).click();
  await expect(page.getByRole("menuitem", { name: "Save as a new view…" })).toBeVisible();
  await expect(page.getByRole("menuitem", { name: "Delete" })).toHaveCount(0);
  // Rows that are being replaced are dimmed.
  await settled(page);
  const found = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
    .analyze();
  expect(found.violations.map((violation) => violation.id)).toEqual([]);
  await expectMissingByApi(await api("outsider"), [["DELETE", `/api/v1/views/${id}`]]);
  const owner = await as("scientist");
  await owner.goto(`/jobs?state=failed&view=${id}`);
  await views(owner).click();
  await expect(owner.getByRole("menuitem", { name: "Open the list with it for the team" })).toBeVisible();
  await owner.getByRole("menuitem", { name: "Delete…" }).click();
  await owner.getByRole("alertdialog").getByRole("button", { name: "Delete view" }).click();
  await expect(owner.getByText('View "Failed ones" deleted')).toBeVisible();
  await expect(owner).toHaveURL(/\/jobs$/);
});

test("a list that opens narrowed leads to the rest of it, also when nothing is in it", async ({ as }) => {
  const page = await as("outsider");
  await page.goto("/reviews?tab=mine");
  await expect(page.getByText("Nothing waits for you")).toBeVisible();
  await expect(views(page)).toBeVisible();
  await page.getByRole("button", { name: "Environment" }).click();
  await page.getByRole("menuitemradio", { name: "Staging" }).click();
  await expect(page).toHaveURL(/environment=staging/);
  await page.goto("/admin/audit?action=nothing.of.this.name");
  await expect(page.getByText("Nothing matches this filter")).toBeVisible();
  await expect(views(page)).toBeVisible();
});

test("what is filtered is exported, no more and no less", async ({ as }) => {
  const page = await as("platform");
  const email = emailOf("reviewer");
  await page.goto(`/admin/users?q=${email}`);
  await expect(page.getByText("1 shown")).toBeVisible();
  await page.getByRole("button", { name: "Export" }).click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("menuitem", { name: "CSV" }).click(),
  ]);
  const [head, ...rows] = fs.readFileSync(await download.path(), "utf8").split("\r\n");
  expect(head).toContain("email");
  expect(rows).toHaveLength(1);
  expect(rows[0]).toContain(email);
});
