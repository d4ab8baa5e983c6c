import { requestReview, trainVersion, type Trained } from "../fixtures/line";
import { expect, test, type Page } from "../fixtures/test";
import { remembered } from "../fixtures/world";
import { z } from "zod";
import { part, stateOf } from "./pages";

/** A governance reviewer's day: what waits, what it rests on, and every way to answer. */
test.describe.configure({ mode: "serial" });

const MODEL = "risk-of-fall";
const Day = z.object({ changes: z.string(), voided: z.string(), rejected: z.string() });

/** Three versions of a model, each with a request of the scientist for production. */
const theDay = () =>
  remembered("reviewer-day", Day, async () => {
    const ask = async (trained: Trained) => requestReview(trained);
    const changes = await ask(await trainVersion(MODEL));
    const voided = await ask(await trainVersion(MODEL, { weights: [-1, 1, -1, 1, -0.8, 0.8] }));
    const rejected = await ask(await trainVersion(MODEL, { weights: [-1, 1, -1, 1, -0.7, 0.7] }));
    return { changes, voided, rejected };
  });

async function decide(page: Page, choice: RegExp, button: string, reason: string): Promise<void> {
  const verdict = page.getByRole("form", { name: "Verdict" });
  await verdict.getByRole("radio", { name: choice }).click();
  const send = verdict.getByRole("button", { name: button, exact: true });
  await verdict.getByLabel("Reason").fill("");
  if (button !== "Approve") await expect(send).toBeDisabled();
  await verdict.getByLabel("Reason").fill(reason);
  await send.click();
}

const queueRow = (page: Page, version: number) =>
  page.getByRole("row", { name: new RegExp(`${MODEL} v${version} to production`) });

test("the queue says what waits, for whom, until when; one is taken and given back", async ({ as }) => {
  const { changes } = await theDay();
  const page = await as("reviewer");
  await page.goto("/inbox");
  await expect(
    page.getByRole("link", { name: new RegExp(`Review requested: ${MODEL}`) }).first(),
  ).toBeVisible();
  await page.goto("/reviews");
  await expect(queueRow(page, 1)).toContainText("Waits for a reviewer; you may take it");
  await expect(queueRow(page, 1)).toContainText("Sam Scientist");
  await queueRow(page, 1).getByRole("link").click();
  await expect(page).toHaveURL(new RegExp(changes));
  await page.getByRole("button", { name: "Assign to me" }).click();
  await expect(page.getByRole("button", { name: "Give back" })).toBeVisible();
  await page.goto("/reviews?tab=mine");
  await expect(queueRow(page, 1)).toContainText("Waits for Robin Reviewer");
  await expect(queueRow(page, 2)).toHaveCount(0);
  await page.getByRole("tab", { name: /^Due/ }).click();
  await expect(queueRow(page, 2)).toHaveCount(0);
  await page.getByRole("tab", { name: /^Team/ }).click();
  await page.getByRole("searchbox").fill("risk-of");
  await expect(queueRow(page, 3)).toBeVisible();
  await expect(page).toHaveURL(/q=risk-of/);
});

test("by keyboard: down the queue, into a review, and on to the next", async ({ as }) => {
  const { changes, voided } = await theDay();
  const page = await as("reviewer");
  await page.goto(`/reviews?q=${MODEL}`);
  await expect(queueRow(page, 1)).toBeVisible();
  await page.keyboard.press("j");
  await expect(queueRow(page, 1).getByRole("link")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(new RegExp(changes));
  await expect(page.getByRole("link", { name: "Next review" })).toBeVisible();
  await page.keyboard.press("j");
  await expect(page).toHaveURL(new RegExp(voided));
  await expect(page.getByRole("link", { name: "Previous review" })).toBeVisible();
  await page.keyboard.press("k");
  await expect(page).toHaveURL(new RegExp(changes));
  await expect(page.getByRole("link", { name: "Previous review" })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Next review" })).toBeVisible();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog").getByText("Next review")).toBeVisible();
});

test("changes are requested with a reason; the author reads it, mends the card and asks again", async ({
  as,
}) => {
  const { changes, voided } = await theDay();
  const [reviewer, author] = [await as("reviewer"), await as("scientist")];
  await reviewer.goto(`/reviews/${changes}?tab=team&q=${MODEL}`);
  await expect(reviewer.getByRole("link", { name: "Next review" })).toHaveAttribute(
    "href",
    new RegExp(voided),
  );
  await expect(part(reviewer, "Checks").getByText("Evidence").first()).toBeVisible();
  const verdict = reviewer.getByRole("form", { name: "Verdict" });
  await verdict.getByRole("radio", { name: /^Comment/ }).click();
  await verdict.getByRole("textbox", { name: "Comment" }).fill("Which clinic does this come from?");
  await verdict.getByRole("button", { name: "Comment" }).click();
  await expect(part(reviewer, "Conversation").getByText("Which clinic does this come from?")).toBeVisible();
  await decide(reviewer, /^Request changes/, "Request changes", "Say in the card which clinic it was.");
  await expect(stateOf(reviewer)).toHaveText("Changes requested");
  // It left the queue; the way on stays.
  await expect(reviewer.getByRole("link", { name: "Next review" })).toHaveAttribute(
    "href",
    new RegExp(voided),
  );
  await author.goto("/inbox");
  await author.getByRole("link", { name: new RegExp(`Changes requested: ${MODEL} v1`) }).click();
  await expect(author.getByText("Say in the card which clinic it was.").first()).toBeVisible();
  await author.goto(`/models/${MODEL}/versions/1#card`);
  await author.getByRole("button", { name: "Edit card" }).click();
  await author.getByRole("dialog").getByLabel("Training data").fill("Measurements of the clinic in Lund.");
  await author.getByRole("dialog").getByRole("button", { name: "Save card" }).click();
  await expect(author.getByRole("dialog")).toBeHidden();
  const gates = author.locator("main header [data-status]").nth(1);
  await expect(gates).toHaveText(/^Gates: all \d+ pass$/, { timeout: 60_000 });
  await author.getByRole("button", { name: "Request review" }).click();
  await author.getByRole("dialog").getByLabel("Rationale").fill("The card names the clinic now.");
  await author.getByRole("dialog").getByRole("button", { name: "Request review" }).click();
  await expect(author).toHaveURL(/\/reviews\/rev_/);
  await reviewer.goto("/reviews");
  await queueRow(reviewer, 1).getByRole("link").click();
  await expect(reviewer.getByText("The card names the clinic now.").first()).toBeVisible();
  await decide(reviewer, /^Approve/, "Approve", "Now it is said.");
  await expect(stateOf(reviewer)).toHaveText("Approved");
});

test("an approval ends when what it saw changes, and the page says what changed", async ({ as }) => {
  const { voided } = await theDay();
  const [reviewer, author] = [await as("reviewer"), await as("scientist")];
  await reviewer.goto(`/reviews/${voided}`);
  await expect(
    part(reviewer, "Changes since the last approved version")
      .getByText(/version 1|v1/)
      .first(),
  ).toBeVisible();
  await decide(reviewer, /^Approve/, "Approve", "Better than the first.");
  await expect(stateOf(reviewer)).toHaveText("Approved");
  await author.goto(`/models/${MODEL}/versions/2`);
  await expect(author.getByText("Nothing blocks production")).toBeVisible();
  await author.getByRole("button", { name: "Edit card" }).click();
  await author.getByRole("dialog").getByLabel("Limitations").fill("Knows nothing of children.");
  await author.getByRole("dialog").getByRole("button", { name: "Save card" }).click();
  await expect(stateOf(reviewer)).toHaveText("Void", { timeout: 30_000 });
  await expect(reviewer.getByText(/the model card changed/i).first()).toBeVisible();
  await expect(author.getByText(/blocks? production/).first()).toBeVisible({ timeout: 30_000 });
  await reviewer.goto("/inbox");
  await expect(reviewer.getByRole("link", { name: /No longer valid/ }).first()).toBeVisible();
});

test("a rejection stands in the record, signed, for everyone to take away", async ({ as }) => {
  const { rejected } = await theDay();
  const reviewer = await as("reviewer");
  await reviewer.goto(`/reviews/${rejected}`);
  await decide(reviewer, /^Reject/, "Reject", "Twice as slow for nothing.");
  await expect(stateOf(reviewer)).toHaveText("Rejected");
  const talk = part(reviewer, "Conversation");
  await expect(talk.getByText("Twice as slow for nothing.")).toBeVisible();
  await talk.getByRole("link", { name: "Attestation of this decision" }).click();
  await reviewer.getByRole("button", { name: "Verify now" }).click();
  await expect(reviewer.getByText("Everything holds")).toBeVisible();
  await reviewer.goto("/reviews?tab=decided");
  await expect(queueRow(reviewer, 3)).toContainText("Rejected");
});
