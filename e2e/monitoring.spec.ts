import { z } from "zod";
import { expectFieldError, expectMissing, expectMissingByApi } from "./fixtures/expects";
import { seededLine } from "./fixtures/line";
import { expect, test } from "./fixtures/test";
import { waitUntil } from "./fixtures/wait";

test.describe.configure({ timeout: 240_000 });
test.beforeAll(async () => {
  test.setTimeout(300_000);
  await seededLine();
});

const Answer = z.looseObject({ id: z.string() });
const question = { inputs: [{ name: "features", shape: [1, 3], datatype: "FP32", data: [40, 25, 90] }] };

test("a prediction is recorded, takes its outcome, and the page of the deployment counts it", async ({
  as,
  api,
}) => {
  const { deployment } = await seededLine();
  const scientist = await api("scientist");
  const ask = () => scientist.atGateway().send("POST", `/v2/models/${deployment}/infer`, question);
  const first = await waitUntil("an answer", ask, ({ status }) => status === 200, { timeoutMs: 30_000 });
  const { id } = Answer.parse(first.body);
  const told = await scientist.send("POST", "/api/v1/feedback", { items: [{ predictionId: id, value: 1 }] });
  expect(told.status, JSON.stringify(told.body)).toBeLessThan(300);
  const page = await as("scientist");
  await page.goto("/monitoring");
  await expect(page.getByRole("link", { name: new RegExp(deployment) }).first()).toBeVisible();
  await page.goto(`/monitoring/${deployment}`);
  await expect(page.getByRole("heading", { name: new RegExp(deployment) }).first()).toBeVisible();
});

test("feedback of a wrong form is told item by item, and the rest of the batch is not lost", async ({
  api,
}) => {
  const scientist = await api("scientist");
  const answer = await scientist.send("POST", "/api/v1/feedback", {
    items: [{ value: 1 }, { predictionId: "prd_00000000000000000000000000000000", value: 1 }],
  });
  const { summary, results } = z
    .looseObject({
      summary: z.looseObject({ recorded: z.number(), invalid: z.number() }),
      results: z.array(z.looseObject({ outcome: z.string(), message: z.string().nullish() })),
    })
    .parse(answer.body);
  expect(summary).toMatchObject({ recorded: 0, invalid: 1 });
  expect(results[0]).toMatchObject({ outcome: "invalid", message: expect.stringContaining("predictionId") });
  expect(results[1]?.outcome).not.toBe("recorded");
  expect((await scientist.refused("POST", "/api/v1/feedback", { items: "all" })).status).toBe(400);
});

test("a viewer may not send feedback", async ({ api }) => {
  const problem = await (
    await api("viewer")
  ).refused("POST", "/api/v1/feedback", { items: [{ predictionId: "x", value: 1 }] });
  expect(problem.status).toBe(403);
});

test("another team sees nothing of the traffic", async ({ as, api }) => {
  const { deployment } = await seededLine();
  await expectMissingByApi(await api("outsider"), [["GET", `/api/v1/deployments/${deployment}/chart`]]);
  await expectMissing(await as("outsider"), `/monitoring/${deployment}`);
});

test("a team admin says who is told of which alerts and sees it before saving; others read it", async ({
  as,
}) => {
  const page = await as("platform");
  await page.goto("/alerts");
  await page
    .getByRole("navigation", { name: "Pages about alerts" })
    .getByRole("link", { name: "Who is told" })
    .click();
  await expect(page.getByRole("heading", { name: "No routes are set" })).toBeVisible();
  const preview = page.getByRole("region", { name: "This alert would go to" });
  await expect(preview.getByText(/the built-in one does: the owner/)).toBeVisible();
  await page.getByRole("button", { name: "Add route" }).click();
  const route = page.getByRole("group", { name: "Route 1" });
  await route.getByLabel("Severity").selectOption("critical");
  await route.getByLabel("Errors", { exact: true }).check();
  await route.getByRole("button", { name: "Add level" }).click();
  await route.getByLabel("After (min)", { exact: true }).fill("15");
  await expect(preview.getByText(/^Route 1: the owner/)).toBeVisible();
  await expect(preview.getByText(/^After 15 min without an acknowledgement: /)).toBeVisible();
  await preview.getByLabel("Kind").selectOption("drift");
  await expect(preview.getByText(/the built-in one does/)).toBeVisible();
  await route.getByLabel("Wait for others (s)").fill("");
  await expect(preview.getByText(/Something in the routes is missing or wrong/)).toBeVisible();
  await page.getByRole("button", { name: "Save routes" }).click();
  await expect(page.getByText("Route 1, Wait for others: is needed")).toBeVisible();
  await route.getByLabel("Wait for others (s)").fill("-1");
  await page.getByRole("button", { name: "Save routes" }).click();
  await expect(page.getByText(/Route 1, Wait for others: /)).toBeVisible();
  await route.getByLabel("Wait for others (s)").fill("5");
  await page.getByRole("button", { name: "Save routes" }).click();
  await expect(page.getByText("Saved: alerts go by these routes from now on.")).toBeVisible();

  const other = await as("scientist");
  await other.goto("/alerts/routing");
  await expect(other.getByText("Changing who is told needs the role team admin")).toBeVisible();
  await expect(other.getByRole("region", { name: "Route 1" })).toContainText("after 15 min to team admins");
  await expect(other.getByRole("button", { name: "Save routes" })).toHaveCount(0);

  await page.reload();
  const late = await as("platform");
  await late.goto("/alerts/routing");
  const lateRoute = late.getByRole("group", { name: "Route 1" });
  await lateRoute.getByLabel("Wait for others (s)").fill("7");
  await page.getByRole("button", { name: "Add route" }).click();
  const down = page.getByRole("button", { name: "Move route 2 down" });
  await page.getByRole("button", { name: "Move route 1 down" }).click();
  await expect(down).toBeFocused();
  await page.getByRole("button", { name: "Remove route 1" }).click();
  await expect(page.getByRole("button", { name: "Add route" })).toBeFocused();
  await page.getByLabel("Wait for others (s)").fill("6");
  await page.getByRole("button", { name: "Save routes" }).click();
  await expect(page.getByText("Saved: alerts go by these routes from now on.")).toBeVisible();
  await late.getByRole("button", { name: "Save routes" }).click();
  await expect(late.getByText("Somebody else has saved other routes meanwhile")).toBeVisible();
  await late.getByRole("button", { name: "Keep mine" }).click();
  await late.getByRole("button", { name: "Save routes" }).click();
  await expect(late.getByText("Saved: alerts go by these routes from now on.")).toBeVisible();

  await page.reload();
  await expect(page.getByLabel("Wait for others (s)")).toHaveValue("7");
  await page.getByRole("button", { name: "Remove route 1" }).click();
  await page.getByRole("button", { name: "Save routes" }).click();
  await expect(page.getByRole("heading", { name: "No routes are set" })).toBeVisible();
});

test("alerts of a deployment are silenced for a while, with the end in sight, and not any more", async ({
  as,
}) => {
  const { deployment } = await seededLine();
  const page = await as("scientist");
  await page.goto(`/alerts/silences?kind=latency&severity=warning&deployment=${deployment}`);
  const form = page.getByRole("form", { name: "New silence" });
  await expect(form.getByLabel("Kind")).toHaveValue("latency");
  await expect(form.getByLabel("Deployment")).toHaveValue(deployment);
  await form.getByLabel("For (hours)").fill("0");
  await form.getByRole("button", { name: "Silence" }).click();
  await expectFieldError(form.getByLabel("For (hours)"), /must be at least 5 minutes/);
  await form.getByLabel("For (hours)").fill("2");
  await form.getByRole("button", { name: "Silence" }).click();
  await expect(form.getByText(/say why, in at least 3 characters/).first()).toBeVisible();
  await form.getByLabel("Reason").fill("Load test");
  await form.getByRole("button", { name: "Silence" }).click();
  const row = page.getByRole("listitem").filter({ hasText: `Latency warning of ${deployment}` });
  await expect(row).toContainText(/Until .*: Load test/);
  await row.getByRole("button", { name: /^End the silence/ }).click();
  await expect(row).toHaveCount(0);
  await page.getByRole("radio", { name: "Ended" }).click();
  await expect(row).toContainText(/Ended .*: Load test/);
});
