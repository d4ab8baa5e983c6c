import { z } from "zod";
import { Identified } from "./fixtures/api";
import { expectBlocked, expectMissing, expectMissingByApi } from "./fixtures/expects";
import { requestReview, seededLine, trainVersion } from "./fixtures/line";
import { expect, test } from "./fixtures/test";

test.describe.configure({ timeout: 240_000 });
test.beforeAll(async () => {
  test.setTimeout(300_000);
  await seededLine();
});

test("a reviewer approves on the approval screen; the author may not", async ({ as, session }) => {
  const trained = await trainVersion("reviewed-model");
  const reviewId = await requestReview(trained);
  const author = await as("scientist");
  await author.goto(`/reviews/${reviewId}`);
  await expect(author.getByRole("heading", { name: "Comment" })).toBeVisible();
  await expect(author.getByRole("radio", { name: /approve/i })).toHaveCount(0);
  const refused = await (
    await session("scientist")
  ).refused("POST", `/api/v1/reviews/${reviewId}/decision`, { decision: "approve", reason: "mine" });
  expect(refused.status).toBe(403);

  const reviewer = await as("reviewer");
  // One environment counts: of an address that names two, the last, here as in what is shown.
  await reviewer.goto("/reviews?environment=production,staging");
  await expect(reviewer.getByRole("button", { name: "Environment Staging" })).toBeVisible();
  await expect(reviewer.getByRole("link", { name: /reviewed-model/ })).toHaveCount(0);
  await reviewer.goto("/reviews");
  await reviewer
    .getByRole("link", { name: /reviewed-model/ })
    .first()
    .click();
  await expect(reviewer).toHaveURL(new RegExp(`/reviews/${reviewId}`));
  await expect(reviewer).toHaveTitle(/^Review of reviewed-model v1 to production/);
  await expect(reviewer.getByText("It passed every gate on the measurements.").first()).toBeVisible();
  const verdict = reviewer.getByRole("form", { name: "Verdict" });
  await verdict.getByRole("radio", { name: /^Reject/ }).click();
  await expect(verdict.getByRole("button", { name: "Reject" })).toBeDisabled();
  await verdict.getByRole("radio", { name: /^Approve/ }).click();
  await verdict.getByLabel("Reason").fill("Checked the evidence.");
  await verdict.getByRole("button", { name: "Approve" }).click();
  await expect(reviewer.getByText("Approved").first()).toBeVisible();
  await expect(author.getByText("Approved").first()).toBeVisible({ timeout: 15_000 });
});

test("the verdict stays in view while one reads, changes are told in words, and every page counts alike", async ({
  as,
}) => {
  const { model, version, reviewId } = await seededLine();
  const page = await as("reviewer", { viewport: { width: 1280, height: 800 } });
  await page.goto(`/reviews/${reviewId}`);
  const approve = page.getByRole("form", { name: "Verdict" }).getByRole("button").last();
  await expect(approve).toBeInViewport({ ratio: 1 });
  await page.getByRole("heading", { name: "Decision record" }).scrollIntoViewIfNeeded();
  await expect(approve).toBeInViewport({ ratio: 1 });

  const changes = page.getByRole("region", { name: "Changes since the last approved version" });
  await expect(changes.getByRole("heading", { name: "Files" })).toBeVisible();
  const digest = changes.getByText(/^[0-9a-f]{12}/).first();
  await expect(digest).toBeHidden();
  await changes.getByText("Digests", { exact: true }).first().click();
  await expect(digest).toBeVisible();

  const said = await page
    .getByRole("region", { name: "Checks" })
    .getByText(/^Gates: /)
    .innerText();
  await page.goto(`/models/${model}`);
  await expect(page.getByRole("row", { name: new RegExp(`Version ${version}`) })).toContainText(said);
  await page.goto(`/models/${model}/versions/${version}`);
  await expect(page.locator("main header").getByText(said)).toBeVisible();

  await page.setViewportSize({ width: 390, height: 800 });
  await page.goto(`/reviews/${reviewId}`);
  await page.getByRole("link", { name: /^(Your verdict|Comment)$/ }).click();
  await expect(page.getByRole("form", { name: "Verdict" })).toBeInViewport();
});

test("a decision in ignorance of a change is a conflict", async ({ session }) => {
  const trained = await trainVersion("changed-model");
  const reviewId = await requestReview(trained);
  const problem = await (
    await session("reviewer")
  ).refused("POST", `/api/v1/reviews/${reviewId}/decision`, {
    decision: "approve",
    reason: "From an old page.",
    seenDigests: { manifest: `sha256:${"0".repeat(64)}` },
  });
  expect(problem).toMatchObject({ status: 409, code: "conflict" });
});

test("no token decides without the scope for it, and a wrong decision is named", async ({ api, session }) => {
  const { reviewId } = await seededLine();
  const byToken = await (
    await api("reviewer")
  ).refused("POST", `/api/v1/reviews/${reviewId}/decision`, { decision: "approve", reason: "x" });
  expect(byToken).toMatchObject({ status: 403, code: "forbidden" });
  const wrong = await (
    await session("reviewer")
  ).refused("POST", `/api/v1/reviews/${reviewId}/decision`, { decision: "perhaps" });
  expect(wrong).toMatchObject({ status: 400, code: "invalid" });
  expect(Object.keys(wrong.details?.fields ?? {})).toContain("decision");
});

test("the log proves an attestation, and anyone may ask it for its checkpoint", async ({ as, api, page }) => {
  const { versionId } = await seededLine();
  const list = await (
    await api("scientist")
  ).get(
    `/api/v1/attestations?subjectKind=model_version&subjectId=${versionId}`,
    z.object({ items: z.array(Identified) }),
  );
  expect(list.items.length).toBeGreaterThanOrEqual(6);
  const reviewer = await as("reviewer");
  await reviewer.goto(`/log/attestations/${list.items[0]?.id}`);
  await expect(reviewer.getByText(/inclusion|leaf/i).first()).toBeVisible();
  await expect(reviewer.getByRole("link", { name: "Signature alone" })).toBeVisible();
  await expect(reviewer.getByText("Signs now")).toBeVisible();
  await reviewer.goto("/log");
  const keys = reviewer.getByRole("list", { name: "Signing keys" }).getByRole("listitem");
  await expect(keys.filter({ hasText: "Attestations" }).first()).toContainText("Signs now");
  await expect(keys.filter({ hasText: "Checkpoints" }).first()).toContainText("Signs now");
  const checkpoint = await page.request.get("/log/checkpoint");
  expect(checkpoint.status()).toBe(200);
  expect(await checkpoint.text()).toMatch(/^modelworks\.local\/?.*\n\d+\n[A-Za-z0-9+/]+=*\n\n— /);
});

test("policies are read as what runs", async ({ as }) => {
  const page = await as("viewer");
  await page.goto("/policies/evaluation");
  await expect(page.getByText("thresholdsFixedAt", { exact: false }).first()).toBeVisible();
  // It is the release's own until somebody edits it.
  await expect(page.getByText("Required in", { exact: true })).toBeVisible();
  await expect(page.getByText("Your own document is in force")).toHaveCount(0);
});

test("another team sees nothing of a review or an attestation", async ({ as, api }) => {
  const { reviewId, versionId } = await seededLine();
  const list = await (
    await api("scientist")
  ).get(
    `/api/v1/attestations?subjectKind=model_version&subjectId=${versionId}`,
    z.object({ items: z.array(Identified) }),
  );
  await expectMissingByApi(await api("outsider"), [
    ["GET", `/api/v1/reviews/${reviewId}`],
    ["GET", `/api/v1/attestations/${list.items[0]?.id}`],
  ]);
  const page = await as("outsider");
  await expectMissing(page, `/reviews/${reviewId}`);
  await expect(page).toHaveTitle("Review · Modelworks");
  await expectMissing(page, `/log/attestations/${list.items[0]?.id}`);
});

test("before a policy is put in force, its page shows what would fall out; only platform administrators edit", async ({
  as,
}) => {
  const { deployment } = await seededLine();
  const member = await as("scientist");
  await member.goto("/policies/evaluation");
  await expectBlocked(member.getByRole("button", { name: "Edit" }), /platform administrators/);
  await expect(member.getByRole("region", { name: "Affected" })).toContainText("Nothing falls out");

  const page = await as("platform");
  await page.goto("/policies/evaluation");
  await page.getByRole("button", { name: "Edit" }).click();
  const editor = page.getByRole("region", { name: "Edit" });
  await expectBlocked(editor.getByRole("button", { name: "Put in force" }), /See first what would fall out/);
  await editor.getByLabel("Grace").fill("2d");
  await editor.getByLabel("What falls out").selectOption("stop");
  const document = editor.getByLabel("Document");
  await expect(document).toHaveValue(/\n {2}grace: 2d\n {2}onFallOut: stop\n/);
  await editor.getByRole("button", { name: "Show what would fall out" }).click();
  await expect(editor.getByText("Nothing would fall out")).toBeVisible();
  await document.fill(
    `${(await document.inputValue()).trimEnd()}\n    - id: floor\n      title: Perfect\n      expression: evaluation.metrics.all(m, m.value > 2.0)\n      message: Not perfect.\n`,
  );
  await editor.getByRole("button", { name: "Show what would fall out" }).click();
  await expect(editor.getByText("Not perfect.").first()).toBeVisible();
  await expect(editor).toContainText("after 2 days of grace");
  await expect(editor.getByRole("link", { name: deployment }).first()).toBeVisible();
  await editor.getByRole("button", { name: "Put in force" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Cancel" }).click();
  await editor.getByLabel("Grace").fill("soon");
  await editor.getByRole("button", { name: "Show what would fall out" }).click();
  await expect(editor.getByRole("alert")).toContainText("must be 0, or minutes, hours or days");
});
