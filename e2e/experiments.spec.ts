import fs from "node:fs";
import { z } from "zod";
import type { Api } from "./fixtures/api";
import { expectBlocked, expectMissing } from "./fixtures/expects";
import { expect, test } from "./fixtures/test";

const mlflow = async <T>(api: Api, path: string, body: unknown, schema: z.ZodType<T>): Promise<T> => {
  const answer = await api.send("POST", `/api/2.0/mlflow/${path}`, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return schema.parse(answer.body);
};

/** An experiment with two runs, logged as an MLflow client does. */
async function twoRuns(api: Api, name: string): Promise<{ experimentId: string; runs: string[] }> {
  const { experiment_id: experimentId } = await mlflow(
    api,
    "experiments/create",
    { name },
    z.object({ experiment_id: z.string() }),
  );
  const Run = z.object({ run: z.object({ info: z.object({ run_id: z.string() }) }) });
  const runs: string[] = [];
  for (const rate of [0.1, 0.01]) {
    const { run } = await mlflow(
      api,
      "runs/create",
      { experiment_id: experimentId, run_name: `rate ${rate}`, start_time: Date.now() },
      Run,
    );
    const metrics = Array.from({ length: 30 }, (_, step) => ({
      key: "loss",
      value: Math.exp(-step * rate),
      timestamp: Date.now() + step,
      step,
    }));
    await mlflow(
      api,
      "runs/log-batch",
      { run_id: run.info.run_id, metrics, params: [{ key: "learning_rate", value: String(rate) }] },
      z.unknown(),
    );
    await mlflow(
      api,
      "runs/update",
      { run_id: run.info.run_id, status: "FINISHED", end_time: Date.now() },
      z.unknown(),
    );
    runs.push(run.info.run_id);
  }
  return { experimentId, runs };
}

test("a table of runs puts what varies first, sorts best first, and keeps groups, pins and a baseline", async ({
  as,
  api,
}) => {
  const { experimentId, runs } = await twoRuns(await api("scientist"), "marked runs");
  const page = await as("scientist");
  await page.goto(`/experiments/${experimentId}`);
  const table = page.getByRole("table", { name: "Runs of marked runs" });
  const heads = table.getByRole("columnheader");
  await expect(heads.filter({ hasText: "learning_rate" })).toBeVisible();
  const words = await heads.allInnerTexts();
  expect(words.findIndex((word) => word.includes("learning_rate"))).toBeLessThan(
    words.findIndex((word) => word.includes("Status")),
  );
  // The least loss is the best: the run with the larger rate has it.
  await table.getByRole("button", { name: "loss" }).click();
  const names = table.getByRole("row").getByRole("link");
  await expect(names.first()).toHaveText("rate 0.1");

  await page.getByRole("button", { name: "Group by" }).click();
  await page.getByRole("menuitemradio", { name: "learning_rate" }).click();
  await expect(table.getByRole("rowheader", { name: "learning_rate = 0.01" })).toBeVisible();
  await page.getByRole("button", { name: "Mark rate 0.01" }).click();
  await page.getByRole("menuitem", { name: "Pin to the top" }).click();
  await page.getByRole("button", { name: "Mark rate 0.01" }).click();
  await page.getByRole("menuitem", { name: "Use as baseline" }).click();
  // All of it is in the address: whoever gets the link sees the same.
  await page.reload();
  await expect(table.getByRole("rowheader", { name: "Pinned" })).toBeVisible();
  await expect(names.first()).toHaveText(/Pinned: rate 0\.01\s*Baseline/);
  await expect(table.getByRole("row", { name: /rate 0\.1 / })).toContainText("−");

  await page.getByRole("button", { name: "Status" }).click();
  await page.getByRole("menuitemradio", { name: "Failed" }).click();
  await expect(page).toHaveURL(/status=FAILED/);
  await expect(names.filter({ hasText: "rate 0.1" })).toHaveCount(0);

  await page.goto(`/experiments/${experimentId}/compare?runs=${runs.join(",")}&of=50`);
  await expect(page.getByText(/^2 of the 50 runs that were selected: .* 48 are left out\.$/)).toBeVisible();
});

test("runs that a client logged are listed, drawn and compared", async ({ as, api }) => {
  const { experimentId, runs } = await twoRuns(await api("scientist"), "two rates");
  const page = await as("scientist");
  await page.goto("/experiments");
  await page
    .getByRole("link", { name: /two rates/ })
    .first()
    .click();
  await expect(page.getByText("rate 0.01").first()).toBeVisible();
  await page.goto(`/experiments/${experimentId}/runs/${runs[0]}`);
  await expect(page.getByRole("heading", { name: "rate 0.1" })).toBeVisible();
  await expect(page).toHaveTitle("Run rate 0.1 · Modelworks");
  await expect(page.getByText("learning_rate").first()).toBeVisible();
  await expect(page.getByText("loss").first()).toBeVisible();
  await page.goto(`/experiments/${experimentId}/compare?runs=${runs.join(",")}`);
  await expect(page.getByRole("heading", { name: "Compare 2 runs" })).toBeVisible();
  await expect(page.getByRole("table").getByText("0.01").first()).toBeVisible();
});

test("values that are not finite are shown as such and leave gaps, not a flat curve", async ({ as, api }) => {
  const scientist = await api("scientist");
  const { experimentId, runs } = await twoRuns(scientist, "wild values");
  const point = (value: unknown, step: number) => ({ key: "wild", value, timestamp: step, step });
  await mlflow(
    scientist,
    "runs/log-batch",
    { run_id: runs[0], metrics: [point(1, 0), point("NaN", 1), point(2, 2), point("Infinity", 3)] },
    z.unknown(),
  );
  const answer = await scientist.send("POST", "/api/2.0/mlflow/runs/log-metric", {
    run_id: runs[0],
    ...point("fast", 4),
  });
  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({
    error_code: "INVALID_PARAMETER_VALUE",
    message: "Invalid value \"fast\" for parameter 'value' supplied: must be a number.",
  });
  const page = await as("scientist");
  await page.goto(`/experiments/${experimentId}/runs/${runs[0]}`);
  await expect(page.getByText("∞").first()).toBeVisible();
  await expect(page.getByText(/2 values not finite, drawn as gaps/).first()).toBeVisible();

  await page.goto(`/experiments/${experimentId}`);
  await page.getByRole("button", { name: "Export" }).click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("menuitem", { name: "JSON" }).click(),
  ]);
  expect(fs.readFileSync(await download.path(), "utf8")).toContain('"metrics.wild": "Infinity"');
});

test("a parameter cannot be changed afterwards, and a taken name is told in the dialog", async ({
  as,
  api,
}) => {
  const scientist = await api("scientist");
  const { runs } = await twoRuns(scientist, "fixed parameters");
  const answer = await scientist.send("POST", "/api/2.0/mlflow/runs/log-parameter", {
    run_id: runs[0],
    key: "learning_rate",
    value: "7",
  });
  expect(answer.status).toBe(400);
  expect(JSON.stringify(answer.body)).toContain("learning_rate");
  const page = await as("scientist");
  await page.goto("/experiments");
  await page.getByRole("button", { name: "New experiment" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("fixed parameters");
  await dialog.getByRole("button", { name: "Create experiment" }).click();
  await expect(dialog.getByRole("alert")).toContainText(/exists|taken|already/i);
  await expect(dialog.getByLabel("Name")).toHaveValue("fixed parameters");
});

test("a viewer is told why they cannot make an experiment", async ({ as, api }) => {
  const page = await as("viewer");
  await page.goto("/experiments");
  await expectBlocked(page.getByRole("button", { name: "New experiment" }).first(), /you are viewer/);
  const answer = await (
    await api("viewer")
  ).send("POST", "/api/2.0/mlflow/experiments/create", { name: "no" });
  expect(answer.status).toBe(403);
});

test("another team sees nothing of a run", async ({ as, api }) => {
  const { experimentId, runs } = await twoRuns(await api("scientist"), "private runs");
  const outsider = await api("outsider");
  for (const path of [`runs/get?run_id=${runs[0]}`, `experiments/get?experiment_id=${experimentId}`]) {
    expect((await outsider.send("GET", `/api/2.0/mlflow/${path}`)).status).toBe(404);
  }
  const page = await as("outsider");
  await expectMissing(page, `/experiments/${experimentId}/runs/${runs[0]}`);
  await expect(page).toHaveTitle("Run · Modelworks");
  await expectMissing(page, `/experiments/${experimentId}`);
  await expect(page).toHaveTitle("Experiment · Modelworks");
});
