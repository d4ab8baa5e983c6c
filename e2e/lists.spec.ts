import { Identified } from "./fixtures/api";
import { dispatchNode, jobOf } from "./fixtures/line";
import { settled } from "./fixtures/routes";
import { expect, test } from "./fixtures/test";
import { waitForState } from "./fixtures/wait";

test("the pages of a list follow the address: a new filter begins at the first, a reload keeps the way to it", async ({
  as,
  api,
}) => {
  // More than two pages of the audit log of a team that the other tests leave alone.
  const outsider = await api("outsider");
  const { id } = await outsider.post(
    "/api/v1/views",
    { list: "audit", name: "Turned 0", query: "action=identity.", scope: "personal" },
    Identified,
  );
  for (let turn = 1; turn <= 101; turn += 1) {
    const changed = await outsider.send("PATCH", `/api/v1/views/${id}`, { name: `Turned ${turn}` });
    expect(changed.status, JSON.stringify(changed.body)).toBe(200);
  }
  const page = await as("outsider");
  const button = (name: string) => page.getByRole("button", { name, exact: true });
  const turnTo = async (name: string, address: RegExp) => {
    await button(name).click();
    await expect(page).toHaveURL(address);
    await settled(page);
  };
  await page.goto("/admin/audit?action=catalog.view.update");
  await expect(button("Previous")).toBeDisabled();
  await turnTo("Next", /after=/);
  // One page back is the first: one button says it.
  await expect(button("First")).toHaveCount(0);
  const second = new URL(page.url()).searchParams.get("after");
  await button("Next").click();
  await expect(page).not.toHaveURL(new RegExp(`after=${second}(&|$)`));
  await settled(page);
  await expect(button("First")).toBeVisible();

  await page.getByLabel("Action begins with").fill("catalog.view.");
  await expect(page).not.toHaveURL(/after=/);
  await settled(page);
  await expect(button("Previous")).toBeDisabled();
  await turnTo("Next", /after=/);
  await turnTo("Previous", /^[^?]*\?(?!.*after=)/);
  await expect(button("Previous")).toBeDisabled();

  await turnTo("Next", /after=/);
  await page.reload();
  await expect(button("Previous")).toBeDisabled();
  await turnTo("First", /^[^?]*\?(?!.*after=)/);
  await turnTo("Next", /after=/);
  await page.getByRole("button", { name: "Clear filter" }).click();
  await expect(page).not.toHaveURL(/after=|action=/);
  await outsider.send("DELETE", `/api/v1/views/${id}`);
});

test("all that match are chosen only where that can be acted on, and only until the filter changes; an opened notice is read", async ({
  as,
  api,
}) => {
  const scientist = await api("scientist");
  for (const name of ["Ends unread one", "Ends unread two"]) {
    const job = await dispatchNode(scientist, "process.exit(5)", { name });
    await waitForState(name, () => jobOf(scientist, job.id), ["failed"]);
  }
  const page = await as("scientist");
  await page.goto("/inbox?q=Ends unread");
  const notice = (name: string) =>
    page.getByRole("row", { name: new RegExp(`Job Ends unread ${name} failed`) });
  await expect(notice("one")).toContainText("New", { timeout: 30_000 });
  await expect(notice("two")).toContainText("New", { timeout: 30_000 });
  const selection = page.getByRole("toolbar", { name: "Selection" });
  await page.getByRole("checkbox", { name: "Select Job Ends unread one failed" }).click();
  await selection.getByRole("button", { name: "Select all 2 matching" }).click();
  await expect(selection.getByText("All 2 matching selected")).toBeVisible();

  // One choice at a time: another takes its place, the same again clears it.
  const choose = async (option: string) => {
    await page.getByRole("button", { name: /^Show/ }).click();
    await page.getByRole("menuitemradio", { name: option }).click();
  };
  await choose("Unread");
  await expect(page).toHaveURL(/state=unread(&|$)/);
  await expect(selection.getByText("1 selected", { exact: true })).toBeVisible();
  await choose("Done");
  await expect(page).toHaveURL(/state=done(&|$)/);
  await choose("Done");
  await expect(page).not.toHaveURL(/state=/);

  await notice("one").getByRole("link").click();
  await expect(page).toHaveURL(/\/jobs\/job_/);
  await expect(page).toHaveTitle("Job Ends unread one · Modelworks");
  await page.goBack();
  await expect(notice("one")).not.toContainText("New");
  await expect(notice("two")).toContainText("New");

  await page.goto("/jobs?q=Ends unread");
  await page.getByRole("checkbox", { name: "Select Ends unread one" }).click();
  await expect(selection.getByText("1 selected", { exact: true })).toBeVisible();
  await expect(selection.getByRole("button", { name: /^Select all/ })).toHaveCount(0);
});
