import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { csvTable } from "../fixtures/line";
import { card, contract, onnxClassifier } from "../fixtures/onnx";
import { runSnippet } from "../fixtures/python";
import { expect, test, type Page } from "../fixtures/test";
import { remembered, world } from "../fixtures/world";
import { z } from "zod";
import { inShell } from "./outside";
import { confirm, copied, download, part, stateOf } from "./pages";

/** A data scientist's day beside the line: own laptop, own token, the client they know. */
test.describe.configure({ mode: "serial" });

const EXPERIMENT = "Dose finding";
const MODEL = "dose-response";
const token = () =>
  remembered("scientist-notebook", z.string(), () => Promise.reject(new Error("No token was made.")));

/** Trains on this machine with Node and the token, as any program would; logs a model and registers nothing. */
async function trainHere(): Promise<void> {
  const script = path.join(import.meta.dirname, "..", "fixtures", "train.mjs");
  const params = {
    metric: "accuracy",
    threshold: "0.7",
    groups: "sex",
    experiment: EXPERIMENT,
    right: "9",
    contract: JSON.stringify(contract),
    card: JSON.stringify(card),
    model: onnxClassifier().toString("base64"),
  };
  const env = Object.entries(params).map(([key, value]) => [`MODELWORKS_PARAM_${key.toUpperCase()}`, value]);
  await promisify(execFile)(process.execPath, [script], {
    timeout: 60_000,
    env: {
      NODE_ENV: "test",
      MODELWORKS_URL: world().portalUrl,
      MODELWORKS_TOKEN: await token(),
      ...Object.fromEntries(env),
    },
  });
}

async function openExperiment(page: Page): Promise<void> {
  await page.goto("/experiments");
  await page.getByRole("link", { name: EXPERIMENT }).click();
  await expect(page.getByRole("heading", { name: EXPERIMENT })).toBeVisible();
}

test("a token, four lines of Python, and the first run arrives while one looks", async ({ as }) => {
  const page = await as("scientist");
  await page.goto("/settings/tokens");
  await page.getByRole("button", { name: "New token" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("my notebook");
  await dialog.getByRole("button", { name: "Make token" }).click();
  const secret = await copied(page, page.getByRole("main"), "Copy token");
  await remembered("scientist-notebook", z.string(), () => Promise.resolve(secret));

  await page.goto("/experiments");
  await page.getByRole("button", { name: "New experiment" }).click();
  await page.getByRole("dialog").getByLabel("Name", { exact: true }).fill(EXPERIMENT);
  await page.getByRole("button", { name: "Create experiment" }).click();
  await expect(page.getByText("No runs yet")).toBeVisible();
  const snippet = await copied(page, page.getByRole("main"), "Copy Python snippet");
  await runSnippet(snippet, secret);
  const row = page.getByRole("table").getByRole("row").nth(1);
  await expect(row).toContainText("Finished");
  await expect(row).toContainText("Sam Scientist");
  await row.getByRole("link").click();
  await expect(page.getByRole("figure", { name: "loss" })).toBeVisible();

  // A second run with another value, to compare.
  await runSnippet(snippet.replace('"alpha", 0.1', '"alpha", 0.2'), secret);
});

test("two runs are compared by what differs, and the list is searched and exported", async ({ as }, info) => {
  const page = await as("scientist");
  await openExperiment(page);
  const rows = page.getByRole("table").getByRole("row");
  await expect(rows).toHaveCount(3);
  for (const at of [1, 2]) await rows.nth(at).getByRole("checkbox").click();
  await page.getByRole("link", { name: "Compare 2 runs" }).click();
  const differs = part(page, "What differs");
  await expect(differs.getByRole("row", { name: /alpha/ })).toContainText("0.2");
  await expect(differs.getByRole("row", { name: /loss/ })).toHaveCount(0);
  await page.getByRole("switch").click();
  await expect(part(page, "All values").getByRole("row", { name: /loss/ })).toBeVisible();

  await openExperiment(page);
  await page.getByRole("searchbox").fill("params.alpha = '0.2'");
  await expect(rows).toHaveCount(2);
  await page.getByRole("button", { name: "Export" }).click();
  const file = await download(page, page.getByRole("menuitem", { name: "CSV" }), info.outputPath("runs.csv"));
  const lines = fs.readFileSync(file, "utf8").trim().split("\r\n");
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain("params.alpha");
});

test("a model that a run logged is registered from the run's page, and loaded by the lines shown", async ({
  as,
}) => {
  const page = await as("scientist");
  await openExperiment(page);
  await expect(page.getByRole("table")).toBeVisible();
  await trainHere();
  await page.getByRole("link", { name: "logistic" }).click();
  await page.getByRole("button", { name: "Register model" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Model", { exact: true }).fill(MODEL);
  await dialog.getByLabel(/^What is new/).fill("From my laptop.");
  await dialog.getByRole("button", { name: "Register", exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`/models/${MODEL}/versions/1$`));
  await expect(stateOf(page)).toHaveText("Ready", { timeout: 60_000 });
  const gates = page.locator("main header [data-status]").nth(1);
  await expect(gates).toHaveText(/^Gates: .*(pass|undecided|fails?)/, { timeout: 60_000 });
  // Nothing of ours ran it: where it came from cannot be shown, and the page says who clears that.
  await expect(page.getByText(/blocks? production/).first()).toBeVisible();

  await page.getByRole("button", { name: "Set alias" }).click();
  await page.getByRole("dialog").getByRole("textbox", { name: "Alias" }).fill("champion");
  await page.getByRole("dialog").getByRole("button", { name: "Set alias" }).click();
  await expect(page.getByRole("button", { name: "Remove alias champion" })).toBeVisible();

  // A second one, taken away again: who loads by it is named first, and it can be thought over.
  await page.getByRole("button", { name: "Set alias" }).click();
  await page.getByRole("dialog").getByRole("textbox", { name: "Alias" }).fill("passing");
  await page.getByRole("dialog").getByRole("button", { name: "Set alias" }).click();
  const removal = page.getByRole("button", { name: "Remove alias passing" });
  await removal.click();
  await expect(page.getByRole("alertdialog")).toContainText(`models:/${MODEL}@passing`);
  await page.getByRole("alertdialog").getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("alertdialog")).toBeHidden();
  await expect(removal).toBeFocused();
  await removal.click();
  await confirm(page, "Remove alias");
  await expect(page.getByText("Alias passing removed")).toBeVisible();
  await expect(removal).toBeHidden();
  await expect(page.getByRole("button", { name: "Remove alias champion" })).toBeVisible();

  await page.goto(`/models/${MODEL}`);
  const load = await copied(page, part(page, "Use it"), "Copy Python: load snippet");
  const printed = await runSnippet(
    `${load}\nprint([node.op_type for node in model.graph.node])`,
    await token(),
  );
  expect(printed).toContain("MatMul");
});

test("data is uploaded with its mistakes named, and read back in a shell", async ({ as }, info) => {
  const page = await as("scientist");
  const folder = info.outputPath("data");
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, "doses.csv");
  fs.writeFileSync(file, `${csvTable(20)}1,2\n`);
  await page.goto("/datasets/new");
  await page.getByLabel("CSV or Parquet file").setInputFiles(file);
  await page.getByLabel("Name", { exact: true }).fill("Doses of the trial");
  await page.getByRole("button", { name: "Upload" }).click();
  await expect(page.getByText(/line 22/i).first()).toBeVisible({ timeout: 30_000 });

  fs.writeFileSync(file, csvTable(20));
  await page.goto("/datasets/doses-of-the-trial");
  await page.getByRole("button", { name: "Upload new version" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.locator("input[type=file]").setInputFiles(file);
  await dialog.getByRole("button", { name: "Upload", exact: true }).click();
  await expect(page.getByText(/Version 1, 20 rows/)).toBeVisible({ timeout: 30_000 });
  await page.getByRole("tab", { name: "Load and verify" }).click();
  const load = part(page, "Load");
  const python = await copied(page, load, "Copy Python snippet");
  expect(await runSnippet(python, await token())).toContain("(20, 5)");
  await load.getByRole("button", { name: "curl", exact: true }).click();
  const there = path.join(folder, "there");
  fs.mkdirSync(there);
  await inShell(await copied(page, load, "Copy curl snippet"), there, { MODELWORKS_TOKEN: await token() });
  expect(fs.readFileSync(path.join(there, "doses.csv"), "utf8")).toBe(csvTable(20));
});

test("a token that is no longer needed is revoked, and the notebook is refused", async ({ as }) => {
  const page = await as("scientist");
  await page.goto("/settings/tokens");
  await page.getByRole("button", { name: "Revoke my notebook" }).click();
  await confirm(page, "Revoke token");
  await expect(page.getByRole("listitem").filter({ hasText: "my notebook" })).toContainText("Revoked");
  const call = runSnippet("import mlflow; mlflow.search_experiments()", await token());
  await expect(call).rejects.toThrow(/401|revoked|token/i);
});
