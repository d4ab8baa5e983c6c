import type { Locator } from "@playwright/test";
import { expect, type Page } from "../fixtures/test";

/** The badge beside a page's heading: the state of what the page is about. */
export const stateOf = (page: Page): Locator => page.locator("main header [data-status]").first();

/** A part of a page by its heading. */
export const part = (page: Page, title: string): Locator =>
  page.getByRole("region", { name: title, exact: true });

/** Types into a combobox and takes the option that fits. */
export async function choose(field: Locator, text: string): Promise<void> {
  await field.fill(text);
  await field.page().getByRole("option", { name: text }).first().click();
}

/** Answers the confirmation that a button asked for. */
export async function confirm(page: Page, button: string, reason?: string): Promise<void> {
  const dialog = page.getByRole("alertdialog");
  if (reason !== undefined) await dialog.getByLabel("Reason").fill(reason);
  await dialog.getByRole("button", { name: button }).click();
  await expect(dialog).toBeHidden();
}

/** A template's form, found as a person finds it and filled. */
export async function launchForm(
  page: Page,
  template: string,
  fill: (form: Locator) => Promise<void>,
  /** What the form is filled with by its address. */
  query = "",
): Promise<Locator> {
  await page.goto("/templates");
  const link = page.getByRole("link", { name: `Launch ${template}` });
  if (query === "") await link.click();
  else await page.goto(`${await link.getAttribute("href")}?${query}`);
  const form = page.getByRole("form", { name: `Launch ${template}` });
  await fill(form);
  return form;
}

/** Sends a filled form; gives back the address of the job's page. */
export async function send(form: Locator): Promise<string> {
  const page = form.page();
  await form.getByRole("button", { name: "Launch job" }).click();
  await page.waitForURL(/\/jobs\/job_/);
  return new URL(page.url()).pathname;
}

export const launch = async (...args: Parameters<typeof launchForm>): Promise<string> =>
  send(await launchForm(...args));

/** Waits on the job's own page until it has succeeded; a failed one fails at once with what its log says. */
export async function seeSucceed(page: Page, job: string, timeoutMs = 180_000): Promise<void> {
  if (new URL(page.url()).pathname !== job) await page.goto(job);
  const state = stateOf(page);
  await expect(state).toHaveText(/Succeeded|Failed|Cancelled/, { timeout: timeoutMs });
  if ((await state.textContent()) === "Succeeded") return;
  throw new Error(`The job of ${job} did not succeed:\n${await part(page, "Log").innerText()}`);
}

/** The text that a copy button puts on the clipboard: exactly what a person pastes. */
export async function copied(page: Page, scope: Locator, label: string): Promise<string> {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await scope.getByRole("button", { name: label }).click();
  await expect(scope.getByRole("button", { name: "Copied" }).first()).toBeVisible();
  return page.evaluate(() => navigator.clipboard.readText());
}

/** Saves what a link downloads and gives back where. */
export async function download(page: Page, link: Locator, to: string): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent("download"), link.click()]);
  await file.saveAs(to);
  return to;
}

/** A tile with one number, by its label. */
export const tile = (page: Page, label: string): Locator =>
  page.getByText(label, { exact: true }).first().locator("xpath=ancestor::div[1]");
