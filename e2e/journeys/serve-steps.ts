import type { Locator } from "@playwright/test";
import { expect, type Page } from "../fixtures/test";
import { HELD_OUT, MODEL, REPLAY } from "./line-names";
import { choose, launch, part } from "./pages";
import { versionPage } from "./govern-steps";

/** From the version's page into the deploy form, with the environment chosen. */
async function deployForm(page: Page, number: number, environment: "staging" | "production") {
  await page.goto(versionPage(number));
  await page.getByRole("link", { name: "Deploy", exact: true }).click();
  const form = page.getByRole("form", { name: "Deploy a version" });
  await form.getByLabel("Environment").selectOption(environment);
  await expect(form.getByText(`Admitted to ${environment}`)).toBeVisible();
  return form;
}

/** Deploys a version that takes all requests at once. */
export async function deployAtOnce(
  page: Page,
  number: number,
  environment: "staging" | "production",
): Promise<void> {
  const form = await deployForm(page, number, environment);
  await expect(form.getByText("Nothing serves this name yet.")).toBeVisible();
  await form.getByRole("button", { name: "Deploy", exact: true }).click();
  await page.waitForURL(new RegExp(`/deployments/${MODEL}[^/?]*$`));
  await expect(part(page, "Serves now").getByText(`${MODEL}, version ${number}`)).toBeVisible();
}

/** Brings the form to this many stages, whatever plan the traffic asked for. */
async function stagesOf(form: Locator, count: number): Promise<void> {
  const shown = form.getByRole("group", { name: /^Stage \d+$/ });
  for (let have = await shown.count(); have !== count; have = await shown.count()) {
    const button = have < count ? "Add stage" : `Remove stage ${have}`;
    await form.getByRole("button", { name: button }).click();
    await expect(shown).toHaveCount(have < count ? have + 1 : have - 1);
  }
}

/** Starts a canary whose stages fit the traffic of the journey; gives back its page's address. */
export async function startCanary(page: Page, number: number): Promise<string> {
  const form = await deployForm(page, number, "production");
  await expect(form.getByText(`Goes to ${MODEL} as a canary beside version`)).toBeVisible();
  const stages = [
    { share: "20", requests: "40" },
    { share: "50", requests: "60" },
    { share: "100", requests: "40" },
  ];
  // Proof takes longer than a journey: its stages end as soon as nothing is shown worse.
  await form.getByLabel("A stage ends").selectOption("not-worse");
  await stagesOf(form, stages.length);
  for (const [index, stage] of stages.entries()) {
    const fields = form.getByRole("group", { name: `Stage ${index + 1}` });
    await fields.getByLabel("Share").fill(stage.share);
    await fields.getByLabel("Requests").fill(stage.requests);
    await fields.getByLabel("At most").fill("5");
  }
  // At 5 % one journey in some dozens would see its good version rolled back by chance.
  await form.getByLabel("False alarms").fill("0.1");
  await form.getByRole("button", { name: "Start the canary" }).click();
  await page.waitForURL(/\/deployments\/[^/]+\/rollouts\/rol_/);
  return new URL(page.url()).pathname;
}

/** Starts a job that sends the held-out patients to production and tells what came true. */
export const startReplay = (page: Page): Promise<string> =>
  launch(page, "Replay traffic", async (form) => {
    await form.getByLabel("Job name").fill(REPLAY);
    await choose(form.getByRole("combobox", { name: /^Held-out rows/ }), `${HELD_OUT} v1`);
    await form.getByLabel("Deployment", { exact: false }).first().fill(MODEL);
    await form.getByLabel("Rate (rows/s)").fill("20");
    await form.getByLabel("Feedback delay (s)").fill("1");
  });
