import { expect, type Page } from "../fixtures/test";
import { MODEL } from "./line-names";
import { stateOf } from "./pages";

export const versionPage = (number: number) => `/models/${MODEL}/versions/${number}`;

/** Waits on the version's page until the gates have judged it; nothing may have failed. */
export async function seeJudged(page: Page, number: number): Promise<void> {
  await page.goto(versionPage(number));
  await expect(page.getByRole("heading", { name: `${MODEL} v${number}` })).toBeVisible();
  const gates = page.locator("main header [data-status]").nth(1);
  await expect(gates).toHaveText(/^Gates: /, { timeout: 90_000 });
  await expect(gates).toHaveText(/^Gates: (all \d+ pass|\d+ undecided)/);
  await expect(stateOf(page)).toHaveText("Ready");
}

/** The scientist asks; gives back the address of the review. */
export async function askForReview(page: Page, number: number, rationale: string): Promise<string> {
  if (new URL(page.url()).pathname !== versionPage(number)) await page.goto(versionPage(number));
  await page.getByRole("button", { name: "Request review" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Rationale").fill(rationale);
  await dialog.getByRole("button", { name: "Request review" }).click();
  await page.waitForURL(/\/reviews\/rev_/);
  return new URL(page.url()).pathname;
}

/** The reviewer finds it in the queue, reads why, and approves with a reason. */
export async function approve(page: Page, review: string, rationale: string, reason: string): Promise<void> {
  await page.goto("/reviews");
  await page
    .getByRole("table")
    .getByRole("link", { name: new RegExp(MODEL) })
    .first()
    .click();
  await page.waitForURL(new RegExp(review));
  await expect(page.getByText(rationale).first()).toBeVisible();
  const verdict = page.getByRole("form", { name: "Verdict" });
  await verdict.getByRole("radio", { name: /^Approve/ }).click();
  await verdict.getByLabel("Reason").fill(reason);
  await verdict.getByRole("button", { name: "Approve" }).click();
  await expect(stateOf(page)).toHaveText("Approved");
}
