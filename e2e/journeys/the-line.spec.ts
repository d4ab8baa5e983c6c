import type { Locator } from "@playwright/test";
import fs from "node:fs";
import path from "node:path";
import { z } from "zod";
import { expectBlocked } from "../fixtures/expects";
import { expect, test } from "../fixtures/test";
import { remembered } from "../fixtures/world";
import { firstTraining, lastStep, openNewestRun, secondTraining, trainingForm } from "./build-steps";
import { approve, askForReview, seeJudged, versionPage } from "./govern-steps";
import { EXPERIMENT, GPU, MODEL, PATIENTS, REPLAY } from "./line-names";
import { inShell, verifyBySigstore } from "./outside";
import { confirm, copied, download, launch, part, seeSucceed, send, stateOf, tile } from "./pages";
import { deployAtOnce, startCanary, startReplay } from "./serve-steps";

/**
 * Three people take models through the whole line, each in their own browser, from an empty installation: real jobs, real Python, real
 * traffic. A good version reaches all of production by canary; a degraded one is rolled back by itself; both stories can be read.
 */
test.describe.configure({ mode: "serial" });

const BASELINE = "The first version: the baseline that later ones are compared with.";
const LONGER = "Trained longer than the first version, on the same patients.";
const FASTER = "Cheaper to serve; offline it is as good as the one before.";
/** The first training's page, also for a run of one part alone. */
const training = (launched?: string): Promise<string> =>
  remembered("line-training", z.string(), () =>
    launched ? Promise.resolve(launched) : Promise.reject(new Error("Nothing was launched.")),
  );

test("stations 1 and 2: a job of a template makes the data, and another shell proves what was stored", async ({
  as,
}, info) => {
  const scientist = await as("scientist");
  const job = await launch(scientist, "Diabetes dataset", async (form) => {
    await form.getByRole("textbox", { name: /^Diabetes dataset/ }).fill(PATIENTS);
  });
  const log = part(scientist, "Log");
  await expect(log.getByText(/environment/i).first()).toBeVisible({ timeout: 60_000 });
  await seeSucceed(scientist, job, 420_000);
  await expect(log.getByText("wrote diabetes.parquet: 442 rows")).toBeVisible();
  await part(scientist, "Outputs")
    .getByRole("link", { name: /patients-of-the-line v1/ })
    .click({ timeout: 30_000 });
  await scientist.waitForURL(/\/datasets\/patients-of-the-line\/versions\/1/);
  await scientist.getByRole("tab", { name: "Schema and profile" }).click();
  await expect(scientist.getByRole("rowheader", { name: /progressed/ })).toBeVisible();
  await scientist.getByRole("tab", { name: "Load and verify" }).click();
  const load = part(scientist, "Load");
  const folder = info.outputPath("data");
  fs.mkdirSync(folder, { recursive: true });
  const link = part(scientist, "Identity").getByRole("link", { name: "diabetes.parquet" });
  await download(scientist, link, path.join(folder, "diabetes.parquet"));
  await load.getByRole("button", { name: "Verify", exact: true }).click();
  const printed = await inShell(await copied(scientist, load, "Copy Verify snippet"), folder);
  const digest = await copied(scientist, part(scientist, "Identity"), "Copy manifest digest");
  expect(printed).toContain(digest.replace("sha256:", ""));
});

test("station 3: a GPU is asked for, seen in its effect and granted; the next job waits for it by itself", async ({
  as,
}) => {
  const [scientist, platform] = [await as("scientist"), await as("platform")];
  await platform.goto("/admin/quotas");
  const declare = platform.getByRole("form", { name: "Declare GPUs" });
  await declare.getByLabel("Name").fill(GPU.name);
  await declare.getByLabel("Title").fill(GPU.title);
  await declare.getByLabel(/^How many/).fill("4");
  await declare.getByRole("button", { name: "Declare GPUs" }).click();
  await expect(declare.getByRole("button", { name: `Change ${GPU.title}` })).toBeVisible();

  const early = await firstTraining(scientist);
  await early.getByRole("button", { name: "Launch job" }).click();
  await expect(early.getByText(/is more than the team's quota of 0 GPUs/).first()).toBeVisible();
  await scientist.getByRole("link", { name: "Quotas", exact: true }).click();
  await scientist.getByRole("link", { name: "Request GPU quota" }).first().click();
  const ask = scientist.getByRole("form", { name: "Request GPU quota" });
  await ask.getByLabel("GPU", { exact: true }).selectOption(GPU.name);
  await ask.getByLabel("Why").fill("To train the progression model this week.");
  await ask.getByRole("button", { name: "Send request" }).click();
  await scientist.waitForURL(/\/quotas\/requests\/qr_/);
  await expectBlocked(scientist.getByRole("button", { name: "Approve" }), /./);

  await platform.goto("/admin");
  await platform.getByRole("link", { name: "Quota requests" }).click();
  const requests = part(platform, "Requests");
  await requests
    .getByRole("link", { name: new RegExp(GPU.name) })
    .first()
    .click();
  await expect(platform.getByText("3 GPUs of 4 GPUs would stay unpromised")).toBeVisible();
  await platform.getByRole("button", { name: "Approve" }).click();
  await confirm(platform, "Approve request", "The cluster is idle this week.");
  await expect(stateOf(platform)).toHaveText("Approved");
  await expect(stateOf(scientist)).toHaveText("Approved");

  await training(await send(await firstTraining(scientist)));
  await expect(stateOf(scientist)).toHaveText(/Preparing|Running/);
  await send(await secondTraining(scientist));
  await expect(scientist.getByText("No. 1 of 1 waiting job of this team")).toBeVisible();
  await expect(scientist.getByText(/given back/)).toBeVisible();
});

test("station 4: the run's curves move while it trains", async ({ as }) => {
  const scientist = await as("scientist");
  await scientist.goto(await training());
  await expect(
    part(scientist, "Log")
      .getByText(/iteration \d+\//)
      .first(),
  ).toBeVisible({ timeout: 120_000 });
  await openNewestRun(scientist);
  const before = await lastStep(scientist, "evaluation_loss");
  await expect(scientist.getByRole("figure", { name: "evaluation_loss" })).toBeVisible();
  await expect(stateOf(scientist)).toHaveText("Finished", { timeout: 120_000 });
  expect(before).toBeGreaterThan(0);
  expect(await lastStep(scientist, "evaluation_loss")).toBe(80);
  await expect(part(scientist, "Parameters").getByText("logistic-regression")).toBeVisible();
  await expect(part(scientist, "Data and models").getByRole("link", { name: "job" })).toBeVisible();
  await seeSucceed(scientist, await training());
});

test("stations 5 and 6: contract, card and verdicts with evidence that outsiders can verify", async ({
  as,
}, info) => {
  const scientist = await as("scientist");
  await seeJudged(scientist, 1);
  await part(scientist, "Model card").getByRole("button", { name: "Edit" }).click();
  const card = scientist.getByRole("dialog");
  await card
    .getByLabel("Limitations")
    .fill("Learned from 442 patients of one clinic; says nothing of others.");
  await card.getByRole("button", { name: "Save card" }).click();
  await expect(card).toBeHidden();
  await expect(part(scientist, "Model card").getByText("of one clinic")).toBeVisible();
  await expect(part(scientist, "Gates").getByText(/^Ran .*: .*card/)).toBeVisible({ timeout: 60_000 });
  await seeJudged(scientist, 1);

  const fairness = part(scientist, "Gates")
    .getByRole("listitem")
    .filter({ hasText: "Groups are treated alike" })
    .first();
  await fairness.getByText("Evidence").first().click();
  await expect(fairness.getByText(/sex/).first()).toBeVisible();
  await fairness.getByRole("link", { name: "Attestation" }).click();
  await scientist.waitForURL(/\/log\/attestations\/ats_/);
  await scientist.getByText(/^Audit path of/).click();
  await scientist.getByRole("button", { name: "Verify now" }).click();
  await expect(scientist.getByText("Everything holds")).toBeVisible();

  const folder = info.outputPath("bundle");
  fs.mkdirSync(folder, { recursive: true });
  const id = scientist.url().split("/").at(-1) ?? "";
  const bundle = path.join(folder, `${id}.sigstore.json`);
  await download(scientist, scientist.getByRole("link", { name: "Sigstore bundle" }), bundle);
  const command = await copied(scientist, scientist.getByRole("main"), "Copy openssl snippet");
  expect(await inShell(command, folder)).toContain("Verified OK");
  await verifyBySigstore(bundle, path.join(folder, "attestor.pem"));
  // One changed letter in what was signed must not pass.
  const text = fs.readFileSync(bundle, "utf8");
  fs.writeFileSync(
    bundle,
    text.replace(
      /"payload": ?"(.{40})(.)/,
      (_, head: string, letter: string) => `"payload":"${head}${letter === "A" ? "B" : "A"}`,
    ),
  );
  await expect(inShell(command, folder)).rejects.toThrow();
  await expect(verifyBySigstore(bundle, path.join(folder, "attestor.pem"))).rejects.toThrow();
});

test("station 7: someone else approves; the author cannot, and is told why", async ({ as }) => {
  const [scientist, reviewer] = [await as("scientist"), await as("reviewer")];
  const review = await askForReview(scientist, 1, BASELINE);
  await expect(
    part(scientist, "Comment")
      .getByText(/asked for|made|author|edited/i)
      .first(),
  ).toBeVisible();
  await expect(scientist.getByRole("radio", { name: /approve/i })).toHaveCount(0);
  await approve(
    reviewer,
    review,
    BASELINE,
    "The threshold was fixed before; the rates per group are in the evidence.",
  );
  await expect(stateOf(scientist)).toHaveText("Approved", { timeout: 15_000 });
  await scientist.goto(versionPage(1));
  await expect(scientist.getByText("Nothing blocks production")).toBeVisible();
});

test("stations 8 and 9: staging, production, and traffic whose outcomes come back", async ({ as }) => {
  const scientist = await as("scientist");
  await deployAtOnce(scientist, 1, "staging");
  await deployAtOnce(scientist, 1, "production");
  await startReplay(scientist);
  await expect(
    part(scientist, "Log")
      .getByText(/sent \d+, accuracy 0\.\d+/)
      .first(),
  ).toBeVisible({
    timeout: 60_000,
  });
  await scientist.goto("/monitoring");
  await scientist.getByRole("link", { name: new RegExp(`^${MODEL} `) }).click();
  await scientist.waitForURL(`**/monitoring/${MODEL}`);
  await expect(scientist.getByRole("heading", { name: MODEL })).toBeVisible();
  await expect(tile(scientist, "Accuracy")).toHaveText(/\d%/, { timeout: 30_000 });
});

test("a good version goes through every stage of its canary to all of production by itself", async ({
  as,
}) => {
  const [scientist, reviewer] = [await as("scientist"), await as("reviewer")];
  await seeJudged(scientist, 2);
  const review = await askForReview(scientist, 2, LONGER);
  await approve(reviewer, review, LONGER, "Compared with the first version: better on the same rows.");
  await expect(stateOf(scientist)).toHaveText("Approved", { timeout: 15_000 });
  const canary = await startCanary(scientist, 2);
  const stages = scientist.getByRole("list", { name: "Stages" });
  await expect(stages.getByText("Now")).toBeVisible();
  await expect(scientist.getByRole("list", { name: "Verdicts" }).getByText("Accuracy").first()).toBeVisible();
  await expect(stages.getByRole("listitem").first()).toContainText("Done", { timeout: 60_000 });
  // Meanwhile the version trains that is degraded on purpose: good offline, wrong when it is served.
  const other = await as("scientist");
  const fault = async (form: Locator) =>
    expect(form.getByLabel("Degrade on purpose")).toHaveValue("serving-skew");
  const degraded = await trainingForm(other, "Train a degraded version", fault, "param.degrade=serving-skew");
  const trained = await send(degraded);
  await expect(stateOf(scientist)).toHaveText("Succeeded", { timeout: 90_000 });
  await expect(stages.getByText("Done")).toHaveCount(3);
  await expect(scientist.getByText("The new version took over")).toBeVisible();
  expect(new URL(scientist.url()).pathname).toBe(canary);
  await seeSucceed(other, trained);
});

test("a degraded version is rolled back by itself, and the people who care are told", async ({ as }) => {
  const [scientist, reviewer] = [await as("scientist"), await as("reviewer")];
  await seeJudged(scientist, 3);
  const review = await askForReview(scientist, 3, FASTER);
  await approve(reviewer, review, FASTER, "Every gate passed; the canary will tell.");
  await expect(stateOf(scientist)).toHaveText("Approved", { timeout: 15_000 });
  await startCanary(scientist, 3);
  await expect(stateOf(scientist)).toHaveText("Rolled back", { timeout: 90_000 });
  await expect(scientist.getByText("The canary was rolled back")).toBeVisible();
  await expect(scientist.getByText(/Accuracy .* on canary .* against .* on stable/).first()).toBeVisible();
  await scientist
    .getByRole("link", { name: /^Inbox, \d+ unread/ })
    .first()
    .click();
  const notice = scientist.getByRole("link", { name: new RegExp(`${MODEL} rolled back version 3`) });
  // It waits some seconds for other alerts of the deployment.
  await expect(notice.first()).toBeVisible({ timeout: 30_000 });
  await scientist.goto("/alerts");
  const alert = scientist.getByRole("article", { name: `${MODEL} rolled back version 3` });
  await alert.getByRole("button", { name: "Acknowledge" }).click();
  await expect(alert.getByText("Acknowledged", { exact: true })).toBeVisible();
  await alert.getByRole("link", { name: "See the cause" }).click();
  await expect(scientist.getByText("The canary was rolled back")).toBeVisible();
});

test("both stories can be read on their timelines", async ({ as }) => {
  const scientist = await as("scientist");
  await scientist.goto(`/deployments/${MODEL}?tab=timeline`);
  const told = scientist.getByRole("list", { name: "Audit timeline" });
  await expect(told.getByText("deployed version 1")).toBeVisible();
  await expect(told.getByText(/gave all requests to version 2/)).toBeVisible();
  await expect(told.getByText(/rolled back the canary of version 3: .*Accuracy/)).toBeVisible();
  await scientist.goto(`/deployments/${MODEL}?tab=rollouts`);
  const rollouts = scientist.getByRole("list", { name: "Rollouts" });
  await rollouts.getByRole("link", { name: "Version 1 → version 2" }).click();
  const good = scientist.getByRole("list", { name: "Timeline of the rollout" });
  await expect(
    good.getByText(/Started: every gateway serves the version; 20% of requests go to it/),
  ).toBeVisible();
  await expect(good.getByText(/Stage 2: 50%/)).toBeVisible();
  await expect(good.getByText(/Stage 3: 100%/)).toBeVisible();
  await scientist.goBack();
  await rollouts.getByRole("link", { name: "Version 2 → version 3" }).click();
  const bad = scientist.getByRole("list", { name: "Timeline of the rollout" });
  await expect(
    bad.getByText(/Started: every gateway serves the version; 20% of requests go to it/),
  ).toBeVisible();
  await expect(bad.getByText(/Accuracy .* on canary/).first()).toBeVisible();
  await scientist.goto(`/deployments/${MODEL}`);
  await expect(part(scientist, "Serves now").getByText(`${MODEL}, version 2`)).toBeVisible();
});

test("station 10: the platform engineer sees all of it, and proves that the record is whole", async ({
  as,
}) => {
  const platform = await as("platform");
  await platform.goto("/admin");
  const processes = part(platform, "Processes");
  for (const kind of ["portal", "worker", "gateway"]) {
    await expect(processes.getByRole("row", { name: new RegExp(`^${kind} Alive`) })).toBeVisible();
  }
  await expect(part(platform, "Jobs of all teams").getByText(REPLAY)).toBeVisible();
  await platform.goto("/admin/work");
  await expectBlocked(
    platform.getByRole("button", { name: "Retry all dead letters" }),
    /No delivery is dead/,
  );
  await platform.goto("/admin/audit?action=serving.rollout.");
  await expect(platform.getByRole("table").getByText("serving.rollout.roll-back").first()).toBeVisible();
  await platform.getByRole("button", { name: "Verify the chain" }).click();
  await expect(platform.getByText("The chain holds")).toBeVisible();
  await platform.goto("/insights?window=7d");
  await expect(tile(platform, "Experiments to production")).toHaveText(/\d+ of \d+ runs/);
  await expect(tile(platform, "Cycle time, median")).toHaveText(/n \d/);
  await expect(tile(platform, "Time spent waiting for people")).toHaveText(/reviews took this share/);
  const cycles = part(platform, "Versions and their cycles");
  await expect(cycles.getByRole("row", { name: new RegExp(`${MODEL} version 2 \\d`) })).toBeVisible();
  await expect(cycles.getByRole("row", { name: new RegExp(`${MODEL} version 3`) })).toBeVisible();
  // The traffic ends as it began: by a person.
  const scientist = await as("scientist");
  await scientist.goto("/");
  await part(scientist, "Running").getByRole("link", { name: REPLAY }).click();
  await scientist.getByRole("button", { name: "Cancel job" }).click();
  await confirm(scientist, "Cancel job", "Both stories are told.");
  await expect(stateOf(scientist)).toHaveText("Cancelled", { timeout: 30_000 });
  await scientist.goto(`/experiments`);
  await expect(scientist.getByRole("row", { name: new RegExp(EXPERIMENT) })).toContainText("3");
});
