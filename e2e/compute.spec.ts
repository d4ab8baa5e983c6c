import { expectBlocked, expectMissing, expectMissingByApi } from "./fixtures/expects";
import { dispatchNode, jobOf, requestQuota } from "./fixtures/line";
import { expect, test } from "./fixtures/test";
import { waitForState } from "./fixtures/wait";

test("a job runs, its log arrives live, and its end says how it went", async ({ as, api }) => {
  const scientist = await api("scientist");
  const script = `
    console.log("step one of the browser tests");
    setTimeout(() => { console.log("step two of the browser tests"); }, 3000);
  `;
  const job = await dispatchNode(scientist, script, { name: "Two steps" });
  const page = await as("scientist");
  // A browser does not come back by itself after an answer that is an error.
  await page.route("**/log/stream?*", (route) => route.fulfill({ status: 503 }), { times: 1 });
  await page.goto(`/jobs/${job.id}`);
  await expect(page.getByRole("heading", { name: "Two steps" })).toBeVisible();
  await expect(page.getByText("step one of the browser tests")).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText("step two of the browser tests")).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText("Succeeded").first()).toBeVisible({ timeout: 30_000 });
  // How far it was kept apart stands beside what it used.
  await expect(page.getByText("Isolation", { exact: true })).toBeVisible();
  await expect(page.getByText(/^It (sees|reads|runs as) /)).toBeVisible();
});

test("a running job is cancelled from its page, with the reason in its record", async ({ as, api }) => {
  const scientist = await api("scientist");
  const script = 'console.log("epoch 3/10 of a training"); setInterval(() => {}, 1000)';
  const job = await dispatchNode(scientist, script, { name: "Endless" });
  await waitForState("the job", () => jobOf(scientist, job.id), ["running"]);
  const page = await as("scientist");
  await page.goto(`/jobs/${job.id}`);
  // Until it ends, the page says how far it is, in the job's own words.
  const progress = page.getByRole("region", { name: "Progress" });
  await expect(progress.getByText("epoch 3 of 10, by its own output")).toBeVisible({ timeout: 30_000 });
  await expect(progress.getByRole("progressbar")).toHaveAttribute("aria-valuenow", "30");
  await page.getByRole("button", { name: "Cancel job" }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByLabel("Reason").fill("Wrong data");
  await dialog.getByRole("button", { name: "Cancel job" }).click();
  await expect(page.getByText("Cancelled").first()).toBeVisible({ timeout: 30_000 });
  await waitForState("the job", () => jobOf(scientist, job.id), ["cancelled"]);
});

test("an output is had from the job's page; one that is no table says why it became no dataset", async ({
  as,
  api,
}) => {
  const scientist = await api("scientist");
  const script = `import fs from "node:fs";
    fs.mkdirSync(process.env.MODELWORKS_OUTPUTS + "/deep");
    fs.writeFileSync(process.env.MODELWORKS_OUTPUTS + "/deep/answer.txt", "42");
    fs.writeFileSync(process.env.MODELWORKS_OUTPUTS + "/table.csv", "a,b\\n1,2,3\\n");`;
  const outputs = [{ path: "table.csv", dataset: { slug: "no-table", name: "No table" } }];
  const job = await dispatchNode(scientist, script, { name: "Two files", outputs });
  await waitForState("the job", () => jobOf(scientist, job.id), ["succeeded"]);
  const page = await as("scientist");
  await page.goto(`/jobs/${job.id}`);
  const arriving = page.waitForEvent("download");
  await page.getByRole("link", { name: "deep/answer.txt" }).click();
  const stream = await (await arriving).createReadStream();
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  expect(text).toBe("42");
  await expect(page.getByText("Line 2, column 4: 3 values, expected 2 (a, b).")).toBeVisible({
    timeout: 30_000,
  });
  for (const path of ["../log", "none.txt"]) {
    const problem = await scientist.refused(
      "GET",
      `/api/v1/jobs/${job.id}/output?path=${encodeURIComponent(path)}`,
    );
    expect(problem.status).toBe(404);
  }
});

test("a job that fails says why in words", async ({ as, api }) => {
  const scientist = await api("scientist");
  const job = await dispatchNode(scientist, "process.exit(3)", { name: "Exit three" });
  await waitForState("the job", () => jobOf(scientist, job.id), ["failed"]);
  const page = await as("scientist");
  await page.goto(`/jobs/${job.id}`);
  await expect(page.getByText(/\b3\b/).first()).toBeVisible();
  await expect(page.getByText("Failed").first()).toBeVisible();
});

test("the launch form names what is wrong and keeps what was typed", async ({ as, api }) => {
  const page = await as("scientist");
  await page.goto("/templates/tabular-classifier");
  await page.getByLabel("Job name").fill("Too large a job");
  await page.getByLabel("CPU (cores)").fill("9000");
  await page.getByRole("button", { name: "Launch job" }).click();
  await expect(page.getByLabel("CPU (cores)")).toHaveAttribute("aria-invalid", "true");
  // The button is far below: the focus goes to what is wrong, and the summary names it as the form does.
  await expect(page.getByLabel("CPU (cores)")).toBeFocused();
  await expect(page.getByRole("alert").filter({ hasText: "needs your attention" })).toContainText("CPU: ");
  await expect(page.getByLabel("Job name")).toHaveValue("Too large a job");
  const problem = await (
    await api("scientist")
  ).refused("POST", "/api/v1/jobs", {
    command: ["true"],
    resources: { cpuMilli: 9_000_000, memoryBytes: 1 },
  });
  expect(problem.code).toBe("invalid");
  expect(Object.keys(problem.details?.fields ?? {}).join(" ")).toContain("resources");
});

test("what is entered before the page's scripts arrive is kept", async ({ as }) => {
  const page = await as("scientist");
  const held: (() => Promise<void>)[] = [];
  let late = true;
  await page.route("**/_next/static/**/*.js", async (route) => {
    if (late) held.push(() => route.continue());
    else await route.continue();
  });
  await page.goto("/templates/tabular-classifier", { waitUntil: "commit" });
  await page.getByLabel("Job name").fill("Typed early");
  await page.getByLabel("CPU (cores)").fill("2");
  late = false;
  for (const release of held) await release();
  // The script beside the form is made of the form's values, so it shows what React knows.
  await expect(page.getByText("Typed early")).toBeVisible();
  await expect(page.getByLabel("Job name")).toHaveValue("Typed early");
  await expect(page.getByLabel("CPU (cores)")).toHaveValue("2");
});

test("a viewer may watch jobs, not start them", async ({ as, api }) => {
  const page = await as("viewer");
  await page.goto("/templates/tabular-classifier");
  await expect(page.getByText(/you are viewer/).first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Launch job" })).toBeDisabled();
  const problem = await (await api("viewer")).refused("POST", "/api/v1/jobs", { command: ["true"] });
  expect(problem.status).toBe(403);
});

test("another team sees nothing of a job", async ({ as, api }) => {
  const job = await dispatchNode(await api("scientist"), "console.log(1)", { name: "Private job" });
  await expectMissingByApi(await api("outsider"), [
    ["GET", `/api/v1/jobs/${job.id}`],
    ["GET", `/api/v1/jobs/${job.id}/log`],
    ["GET", `/api/v1/jobs/${job.id}/output?path=x`],
    ["POST", `/api/v1/jobs/${job.id}/cancel`, { reason: "mine" }],
  ]);
  const page = await as("outsider");
  await expectMissing(page, `/jobs/${job.id}`);
  await expect(page).toHaveTitle("Job · Modelworks");
});

test("GPU quota is asked for by the team and granted by the platform, never by the one who asked", async ({
  as,
  api,
}) => {
  const request = await requestQuota(await api("scientist"));
  const asker = await as("scientist");
  await asker.goto(`/quotas/requests/${request.id}`);
  await expectBlocked(asker.getByRole("button", { name: "Approve" }), /./);
  const platform = await as("platform");
  await platform.goto(`/quotas/requests/${request.id}`);
  await platform.getByRole("button", { name: "Approve" }).click();
  const dialog = platform.getByRole("alertdialog");
  await dialog.getByLabel("Reason").fill("The cluster is idle this week.");
  await dialog.getByRole("button", { name: "Approve request" }).click();
  await expect(platform.getByText("Approved").first()).toBeVisible();
  await expect(asker.getByText("Approved").first()).toBeVisible({ timeout: 15_000 });
  await expectMissingByApi(await api("outsider"), [["GET", `/api/v1/quota/requests/${request.id}`]]);
});
