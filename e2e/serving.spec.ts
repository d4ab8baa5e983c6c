import { z } from "zod";
import { Api } from "./fixtures/api";
import { expectBlocked, expectMissing, expectMissingByApi } from "./fixtures/expects";
import { deploy, seededLine, trainVersion } from "./fixtures/line";
import { expect, test } from "./fixtures/test";
import { waitUntil } from "./fixtures/wait";
import { world } from "./fixtures/world";

test.describe.configure({ timeout: 240_000 });
test.beforeAll(async () => {
  test.setTimeout(300_000);
  await seededLine();
});

const question = { inputs: [{ name: "features", shape: [1, 3], datatype: "FP32", data: [40, 25, 90] }] };
const infer = (api: Api, name: string, body: unknown = question) =>
  api.atGateway().send("POST", `/v2/models/${name}/infer`, body);

test("a deployed version answers by the Open Inference Protocol", async ({ as, api }) => {
  const { deployment } = await seededLine();
  const scientist = await api("scientist");
  const answer = await waitUntil(
    "an answer of the gateway",
    () => infer(scientist, deployment),
    ({ status }) => status === 200,
    { timeoutMs: 30_000 },
  );
  const { outputs } = z
    .object({ outputs: z.array(z.looseObject({ name: z.string(), shape: z.array(z.number()) })) })
    .parse(answer.body);
  expect(outputs.map(({ name }) => name)).toContain("label");
  const page = await as("scientist");
  await page.goto(`/deployments/${deployment}`);
  await expect(page.getByRole("heading", { name: deployment })).toBeVisible();
  await expect(page.getByText(/canary/i).first()).toBeVisible();
});

test("the deploy form keeps its context through a reload, and leads back to where it was opened", async ({
  as,
}) => {
  const { model, version } = await seededLine();
  const page = await as("scientist");
  await page.goto(`/deployments/new?model=${model}&version=${version}`);
  await page.getByLabel("Environment").selectOption("production");
  await page.getByRole("textbox", { name: /^Name/ }).fill("kept-name");
  await expect(page).toHaveURL(/name=kept-name/);
  await page.reload();
  await expect(page.getByLabel("Environment")).toHaveValue("production");
  await expect(page.getByLabel("Version", { exact: true })).toHaveValue(String(version));
  await expect(page.getByRole("textbox", { name: /^Name/ })).toHaveValue("kept-name");
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page).toHaveURL(`/models/${model}/versions/${version}`);
});

test("how to ask a deployment names the values of a row and how to say what came true", async ({ as }) => {
  const { deployment } = await seededLine();
  const page = await as("scientist");
  await page.goto(`/deployments/${deployment}?tab=request`);
  await expect(page.getByText(/A row of features holds, in this order: /)).toBeVisible();
  await page.getByRole("button", { name: "Feedback (Python)" }).click();
  await expect(page.getByText("/api/v1/feedback").first()).toBeVisible();
});

test("a wrong tensor is refused with what is expected; nobody gets in without a token", async ({ api }) => {
  const { deployment } = await seededLine();
  const scientist = await api("scientist");
  const wrong = await infer(scientist, deployment, {
    inputs: [{ name: "features", shape: [1, 2], datatype: "FP32", data: [1, 2] }],
  });
  expect(wrong.status).toBe(400);
  expect(JSON.stringify(wrong.body)).toMatch(/features|shape/);
  const stranger = new Api({}, world().gatewayUrl);
  expect((await stranger.send("POST", `/v2/models/${deployment}/infer`, question)).status).toBe(401);
  for (const path of ["/", "/v1/chat/completions", "/v2/models/%E0%A4%A/infer"]) {
    const lost = await scientist.atGateway().send("POST", path, "{}");
    expect(lost).toMatchObject({ status: 404, body: { error: expect.any(String) } });
  }
});

test("a version whose evidence is not complete is not deployed", async ({ as, api }) => {
  const unreviewed = await trainVersion("unreviewed-model");
  const problem = await (
    await api("scientist")
  ).refused("POST", "/api/v1/deployments", {
    model: unreviewed.model,
    version: unreviewed.version,
    environment: "production",
  });
  expect(problem.status).toBeGreaterThanOrEqual(409);
  expect(`${problem.title} ${problem.detail}`).toMatch(/review|approv/i);
  const page = await as("scientist");
  await page.goto(
    `/deployments/new?model=unreviewed-model&version=${unreviewed.version}&environment=production`,
  );
  await page.getByLabel("Environment").selectOption("production");
  await page.getByLabel("Name").fill("keep-this-name");
  await expect(page.getByText("The evidence is not complete.")).toBeVisible();
  await expect(page.getByLabel("Name")).toHaveValue("keep-this-name");
  await expect(page.getByRole("button", { name: /^Deploy|Start the canary/ })).toBeDisabled();
});

test("staging takes a version at once", async ({ api }) => {
  const { model, version } = await seededLine();
  const scientist = await api("scientist");
  const done = await deploy(
    scientist,
    { ...(await seededLine()), model, version },
    "staging",
    "line-staging",
  );
  expect(done.rolloutId).toBeNull();
  await waitUntil(
    "an answer from staging",
    () => infer(scientist, "line-staging"),
    ({ status }) => status === 200,
    { timeoutMs: 30_000 },
  );
});

/** Runs in the page: how many requests it shows for the stage; or, once they are more than `above`, the time. */
function requestsShown(above: number | null): number {
  const shown = document.querySelector("[aria-label=Stages] [aria-current=step] p:nth-of-type(2)");
  const counts = shown?.textContent?.replaceAll(",", "").match(/\d+(?= (?:canary|stable))/g) ?? [];
  const sum = counts.reduce((total, each) => total + Number(each), 0);
  if (above === null) return sum;
  return sum > above ? Date.now() : 0;
}

test(
  "a request is on the open page of its canary within a second",
  { tag: "@alone" },
  async ({ as, api }, info) => {
    const { deployment, rolloutId } = await seededLine();
    const scientist = await api("scientist");
    const page = await as("scientist");
    await page.goto(`/deployments/${deployment}/rollouts/${rolloutId}`);
    await expect(page.locator("[data-live=live]").first()).toBeVisible({ timeout: 30_000 });
    const counted = () => page.evaluate(requestsShown, null);
    // Afterwards nothing is on its way to the page but what is measured.
    const first = await counted();
    await infer(scientist, deployment);
    await expect.poll(counted).toBeGreaterThan(first);
    const times: number[] = [];
    for (let request = 0; request < 5; request += 1) {
      const before = await counted();
      // Watched in the page at every frame: the test's own polling would be most of the time that is measured.
      const seen = page.waitForFunction(requestsShown, before, { timeout: 10_000 });
      const sentAt = Date.now();
      expect((await infer(scientist, deployment)).status).toBe(200);
      times.push(Number(await (await seen).jsonValue()) - sentAt);
    }
    info.annotations.push({ type: "event to pixel, ms", description: times.join(", ") });
    expect(times.toSorted((a, b) => a - b)[2], `${times.join(", ")} ms`).toBeLessThan(1_000);
  },
);

const MINUTES: Readonly<Record<string, number>> = { second: 1 / 60, minute: 1, hour: 60, day: 24 * 60 };
/** A time as the page says it; none where it says that a person is waited for. */
function minutesOf(text: string | null): number {
  const [, value, unit] = /in about (\d+) (second|minute|hour|day)/.exec(text ?? "") ?? [];
  return value && unit ? Number(value) * (MINUTES[unit] ?? Number.NaN) : Number.POSITIVE_INFINITY;
}

test("the deploy form says what a plan would notice, and sizes it to what is worth catching", async ({
  as,
  api,
}) => {
  const { model, version, deployment } = await seededLine();
  const scientist = await api("scientist");
  for (let request = 0; request < 5; request += 1) await infer(scientist, deployment);
  const page = await as("scientist");
  const query = new URLSearchParams({
    model,
    version: String(version),
    environment: "production",
    name: deployment,
  });
  await page.goto(`/deployments/new?${query.toString()}`);
  const told = page.getByRole("region", { name: "What the plan notices" });
  await expect(
    told.getByText(/requests a (second|minute) this plan notices a .*-point rise of error rate/),
  ).toBeVisible({
    timeout: 30_000,
  });
  await told.getByLabel("Error rate (points)").fill("20");
  await told.getByRole("button", { name: /^Size the plan/ }).click();
  await expect(told.getByText(/this plan notices a 20-point rise of error rate in/)).toBeVisible();
  await expect(page.getByLabel("May rise by (points)").first()).toHaveValue("13.3");
  // Labels come as they come; what is left is measured by requests alone.
  await page.getByLabel("Accuracy, from feedback").uncheck();
  await expect(told.getByRole("listitem").filter({ hasText: "accuracy" })).toHaveCount(0);
  const promoted = told.getByText(/An equally good version is promoted in/);
  const proven = minutesOf(await promoted.textContent());
  await page.getByLabel("A stage ends").selectOption("not-worse");
  // Without proof it goes through as soon as its requests are there; how soon depends on what other tests have asked.
  await expect.poll(async () => minutesOf(await promoted.textContent())).toBeLessThan(proven);
});

test("the canary is paused and resumed on its page", async ({ as }) => {
  const { deployment, rolloutId } = await seededLine();
  const page = await as("scientist");
  await page.goto(`/deployments/${deployment}/rollouts/${rolloutId}`);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Pause" }).click();
  await expect(page.getByText("Paused").first()).toBeVisible();
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Resume" }).click();
  // The word stays in the timeline; what may be done now is what tells.
  await expect(page.getByRole("button", { name: "Pause" })).not.toHaveAttribute("aria-disabled", "true");
});

test("a viewer watches, and is told why they cannot control", async ({ as, api }) => {
  const { deployment, rolloutId } = await seededLine();
  const page = await as("viewer");
  await page.goto(`/deployments/${deployment}/rollouts/${rolloutId}`);
  await expectBlocked(page.getByRole("button", { name: "Pause" }), /you are viewer/);
  const viewer = await api("viewer");
  expect((await viewer.refused("POST", `/api/v1/rollouts/${rolloutId}/abort`, {})).status).toBe(403);
});

test("another team sees nothing of a deployment and cannot ask it", async ({ as, api }) => {
  const { deployment, rolloutId } = await seededLine();
  const outsider = await api("outsider");
  await expectMissingByApi(outsider, [
    ["GET", `/api/v1/deployments/${deployment}`],
    ["GET", `/api/v1/rollouts/${rolloutId}`],
    ["POST", `/api/v1/rollouts/${rolloutId}/abort`, { reason: "mine" }],
    ["POST", `/api/v1/deployments/${deployment}/roll-back`, { reason: "mine" }],
  ]);
  expect((await infer(outsider, deployment)).status).toBe(404);
  const page = await as("outsider");
  await expectMissing(page, `/deployments/${deployment}`);
  await expectMissing(page, `/deployments/${deployment}/rollouts/${rolloutId}`);
  await expect(page).toHaveTitle("Rollout · Modelworks");
});
