import type { Locator } from "@playwright/test";
import { expect, type Page } from "../fixtures/test";
import { EXPERIMENT, GPU, HELD_OUT, MODEL, PATIENTS } from "./line-names";
import { choose, launchForm, part } from "./pages";

/** Fills the form of the training template; what differs from run to run is filled in by `more`. */
export const trainingForm = (
  page: Page,
  name: string,
  more: (form: Locator) => Promise<void>,
  query = "",
): Promise<Locator> => {
  const fill = async (form: Locator) => {
    await form.getByLabel("Job name").fill(name);
    await choose(form.getByRole("combobox", { name: /^Dataset/ }), `${PATIENTS} v1`);
    await form.getByLabel("Experiment").fill(EXPERIMENT);
    await form.getByLabel("Registered model").fill(MODEL);
    await more(form);
  };
  return launchForm(page, "Tabular classifier", fill, query);
};

async function onGpu(form: Locator): Promise<void> {
  await form.getByLabel("GPU", { exact: false }).first().selectOption(GPU.name);
  await form.getByLabel(/^GPUs/).fill("1");
}

/** The first training also keeps the rows it held out, and wants a GPU. */
export const firstTraining = (page: Page) =>
  trainingForm(page, "Train the first version", async (form) => {
    await form.getByRole("textbox", { name: /^Held-out rows with outcomes/ }).fill(HELD_OUT);
    await onGpu(form);
  });

/** The second trains longer, on the same GPU. */
export const secondTraining = (page: Page) =>
  trainingForm(page, "Train the second version", async (form) => {
    await form.getByLabel("Iterations").fill("200");
    await form.getByLabel("Learning rate").fill("0.1");
    await onGpu(form);
  });

/** From a training job to the run it logged, by way of the experiment. */
export async function openNewestRun(page: Page): Promise<void> {
  await page.goto("/experiments");
  await page.getByRole("link", { name: EXPERIMENT }).click();
  await expect(page.getByRole("heading", { name: EXPERIMENT })).toBeVisible();
  await page.getByRole("table").getByRole("row").nth(1).getByRole("link").first().click();
  await page.waitForURL(/\/runs\/run_/);
}

/** The step of the last value of a metric that the run's page shows; -1 before there is one. */
export async function lastStep(page: Page, metric: string): Promise<number> {
  const hint = await part(page, "Metrics").getByText(metric, { exact: true }).getAttribute("title");
  return Number(/step (\d+)/.exec(hint ?? "")?.[1] ?? -1);
}
