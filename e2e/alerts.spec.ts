import { z } from "zod";
import { overflow, violations } from "./fixtures/accessibility";
import { heardOf } from "./fixtures/alert-receiver";
import type { Api } from "./fixtures/api";
import { expectBlocked } from "./fixtures/expects";
import { deploy, seededLine } from "./fixtures/line";
import { apiOf } from "./fixtures/people";
import { expect, test, type Page } from "./fixtures/test";
import { waitUntil } from "./fixtures/wait";
import { world } from "./fixtures/world";

/** One promotion that goes wrong in staging, from its watch over who is told to the way back: each test begins where the one before ended. */
test.describe.configure({ mode: "serial", timeout: 120_000 });

const NAME = `watched-${Date.now().toString(36)}`;
const TITLE = `${NAME} does worse since its promotion`;
const LABELS = { alertname: "ModelworksPromotion", severity: "critical", deployment: NAME };
/** On these the seeded line's first version says 1 and its second 0; what came true is 1. */
const FEATURES = [-5, -4.5, 10];
const TRUTH = 1;
/** Where the clock shows other times than the server's: pages must not say those. */
const AWAY = { timezoneId: "Asia/Kolkata" };
/** More than the fifty labels on each side that a fall of accuracy is judged from. */
const ROWS = 60;

const Answer = z.looseObject({
  id: z.string(),
  outputs: z.array(z.looseObject({ name: z.string(), data: z.array(z.number()) })),
});
const Deployment = z.looseObject({
  stable: z.object({ number: z.number() }).nullable(),
  watch: z.looseObject({ since: z.coerce.date() }).nullable(),
});

const infer = (api: Api, rows: number) =>
  api.atGateway().send("POST", `/v2/models/${NAME}/infer`, {
    inputs: [
      {
        name: "features",
        shape: [rows, FEATURES.length],
        datatype: "FP32",
        data: Array.from({ length: rows }, () => FEATURES).flat(),
      },
    ],
  });

function labelsIn(body: unknown): number[] {
  const { outputs } = Answer.parse(body);
  return outputs.find(({ name }) => name === "label")?.data ?? [];
}

/** Waits for the version whose answer this is; then asks it about many rows, and tells what came true of each. */
async function serve(api: Api, label: number): Promise<void> {
  await waitUntil(
    `${NAME} answering ${label}`,
    () => infer(api, 1),
    ({ status, body }) => status === 200 && labelsIn(body)[0] === label,
    { timeoutMs: 60_000 },
  );
  const { status, body } = await infer(api, ROWS);
  expect({ status, labels: labelsIn(body) }).toEqual({ status: 200, labels: Array(ROWS).fill(label) });
  const { id } = Answer.parse(body);
  const items = Array.from({ length: ROWS }, (_, row) => ({ predictionId: `${id}.${row}`, value: TRUTH }));
  await api.post("/api/v1/feedback", { items });
}

const deploymentOf = (api: Api) => api.get(`/api/v1/deployments/${NAME}`, Deployment);
const alertOn = (page: Page) => page.getByRole("article", { name: TITLE });

test.beforeAll(async () => {
  test.setTimeout(300_000);
  const line = await seededLine();
  const api = await apiOf("scientist");
  await deploy(api, { ...line, version: line.version - 1 }, "staging", NAME);
  await serve(api, TRUTH);
});

test.afterAll(async () => {
  const admin = await apiOf("platform");
  const { revision } = await admin.get("/api/v1/alert-routing", z.looseObject({ revision: z.number() }));
  await admin.put("/api/v1/alert-routing", { routes: [], revision });
  await admin.post(`/api/v1/deployments/${NAME}/retire`, { reason: "The tests are over." });
});

test("a team admin routes what is worse after its promotion to a person and the operator's receiver", async ({
  as,
}) => {
  const page = await as("platform");
  await page.goto("/alerts/routing");
  await page.getByRole("button", { name: "Add route" }).click();
  const route = page.getByRole("group", { name: "Route 1" });
  await route.getByLabel("Severity").selectOption("critical");
  await route.getByLabel("Worse after promotion").check();
  const roles = route.getByRole("group", { name: "Tells these roles" });
  for (const role of ["Members", "Reviewers", "Team admins"]) await roles.getByLabel(role).uncheck();
  await route.getByRole("group", { name: "And these people" }).getByLabel("Robin Reviewer").check();
  await route.getByLabel("The owner of the deployment").uncheck();
  await expect(route.getByLabel("The operator's receiver")).toBeChecked();
  await route.getByLabel("Wait for others (s)").fill("0");
  await route.getByLabel("Tell changes after (s)").fill("1");
  await route.getByRole("button", { name: "Add level" }).click();
  const preview = page.getByRole("region", { name: "This alert would go to" });
  await preview.getByLabel("Kind").selectOption("promotion");
  await expect(preview).toContainText("Route 1: Robin Reviewer, the operator's receiver, at once");
  await page.getByRole("button", { name: "Save routes" }).click();
  await expect(page.getByText("Saved: alerts go by these routes from now on.")).toBeVisible();
});

test("a promoted version is watched, and what is worse about it is told where one looks at it, with a way back", async ({
  as,
  api,
}) => {
  const line = await seededLine();
  const scientist = await api("scientist");
  await deploy(scientist, line, "staging", NAME);
  const { watch } = await waitUntil(
    "the watch after the promotion",
    () => deploymentOf(scientist),
    (deployment) => deployment.watch !== null,
  );
  const page = await as("viewer", AWAY);
  await page.goto(`/deployments/${NAME}`);
  const serves = page.getByRole("region", { name: "Serves now" });
  await expect(serves).toContainText(new RegExp(`Watched until .* against version ${line.version - 1}`));
  await expect(serves).toContainText("an alert offers to roll back");
  await expect(alertOn(page)).toHaveCount(0);
  // Requests count by whole seconds, from the first after the promotion.
  const counts = Math.ceil((watch?.since.getTime() ?? 0) / 1_000) * 1_000;
  await waitUntil(
    "the next second",
    async () => Date.now(),
    (now) => now >= counts,
    { everyMs: 50 },
  );
  await serve(scientist, 0);
  await expect(alertOn(page)).toContainText(
    /0\.0% of \d+ outcomes were predicted right; before, 100\.0% of \d+\. The version before can be rolled back to\./,
    { timeout: 60_000 },
  );
  await expectBlocked(alertOn(page).getByRole("button", { name: "Roll back" }), /you are viewer/);
  await expectBlocked(alertOn(page).getByRole("button", { name: "Acknowledge" }), /you are viewer/);
  const viewer = await api("viewer");
  expect(
    (await viewer.refused("POST", `/api/v1/deployments/${NAME}/roll-back`, { reason: "mine" })).status,
  ).toBe(403);
});

test("where it cannot be asked who is told, the page says so instead of waiting for ever, and asks again", async ({
  as,
}) => {
  const page = await as("scientist");
  const telling = /\/api\/trpc\/[^?]*monitoring\.telling/;
  await page.route(telling, (route) => route.abort());
  await page.goto(`/alerts?deployment=${NAME}`);
  const alert = alertOn(page);
  const notice = page.getByRole("alert").filter({ hasText: "Who is told cannot be shown" });
  // The page tries a few times by itself before.
  await expect(notice).toBeVisible({ timeout: 30_000 });
  await expect(alert).toContainText(TITLE);
  await expect(alert).not.toContainText("…");
  await page.unroute(telling);
  await notice.getByRole("button", { name: "Try again" }).click();
  await expect(alert).toContainText(/Told again to /);
  await expect(notice).toHaveCount(0);
});

test("while it is silenced nobody is told next; when the silence is ended they are again", async ({ as }) => {
  const page = await as("scientist", {
    viewport: { width: 360, height: 740 },
    reducedMotion: "reduce",
    ...AWAY,
  });
  await page.goto(`/alerts?deployment=${NAME}`);
  const alert = alertOn(page);
  await expect(alert).toContainText(/Told again to .*Without an acknowledgement /);
  // The accessibility of every route is checked where nothing is on fire.
  expect(await violations(page, "/alerts")).toEqual([]);
  expect(await overflow(page)).toBe(0);
  await alert.getByRole("button", { name: "Silence 4 hours" }).click();
  const question = page.getByRole("alertdialog", { name: `Silence “${TITLE}” for 4 hours?` });
  await question.getByLabel("Reason").fill("We look at it together.");
  await question.getByRole("button", { name: "Silence", exact: true }).click();
  await expect(alert).toContainText(/silenced until /);
  await expect(alert).toContainText(/First told .*, by route 1\./);
  await expect(alert).not.toContainText(/Told again|Without an acknowledgement/);
  await expect(alert.getByRole("button", { name: "Silence 4 hours" })).toHaveCount(0);
  await page.goto("/alerts/silences");
  await expect(page.getByText(/Until .*: We look at it together\./)).toBeVisible();
  await page.goto("/alerts");
  await expect(alert).toContainText(/silenced until /);
  await page.getByRole("button", { name: `End the silence of ${TITLE}` }).click();
  await expect(alert).toContainText(/Told again to .*Without an acknowledgement /);
  await expect(alert).not.toContainText("silenced until");
});

test("who is named finds it in the inbox and takes it up; its page says who was told, and who would be next", async ({
  as,
}) => {
  const page = await as("reviewer");
  await page.goto("/inbox");
  // Told again, maybe, when its silence was over.
  await page.getByRole("link", { name: TITLE }).first().click();
  await expect(page).toHaveURL(new RegExp(`/alerts\\?deployment=${NAME}$`));
  const alert = alertOn(page);
  await expect(alert).toContainText(/First told .*, by route 1\./);
  await expect(alert).toContainText(
    /Told again to the operator's receiver and Robin Reviewer from .* on, until somebody acknowledges it\./,
  );
  await expect(alert).toContainText(/Without an acknowledgement .*Pat Platform.* told at /);
  await alert.getByRole("button", { name: "Acknowledge" }).click();
  await expect(alert).toContainText("looked after by Robin Reviewer");
  await expect(alert).toContainText("Nobody is told again while it lasts.");
  await alert.getByText(/^History/).click();
  const history = alert.getByRole("list", { name: `History of ${TITLE}` });
  await expect(history).toContainText(
    /Robin Reviewer\s*acknowledged it.*told the operator's receiver and Robin Reviewer, by route 1.*raised the alert/s,
  );

  const [message] = await waitUntil(
    "the receiver",
    () => heardOf(LABELS),
    (heard) => heard.length > 0,
  );
  expect(message).toMatchObject({
    status: "firing",
    commonLabels: LABELS,
    alerts: [
      {
        labels: LABELS,
        annotations: { summary: TITLE, description: expect.stringContaining("predicted right; before") },
        generatorURL: `${world().portalUrl}/deployments/${NAME}`,
      },
    ],
  });
  expect(message?.groupKey).toContain('{}/{alertname="ModelworksPromotion",severity="critical"}');
});

test("the offer takes it back; with that the alert is over, and the receiver hears so", async ({
  as,
  api,
}) => {
  const { model, version } = await seededLine();
  const page = await as("scientist");
  await page.goto(`/deployments/${NAME}`);
  await alertOn(page).getByRole("button", { name: "Roll back" }).click();
  const question = page.getByRole("alertdialog", { name: `Roll ${NAME} back?` });
  await question.getByLabel("Reason").fill("Its outcomes are wrong.");
  await question.getByRole("button", { name: "Roll back" }).click();
  await expect(page.getByText(`${NAME} was rolled back`)).toBeVisible();
  const serves = page.getByRole("region", { name: "Serves now" });
  await expect(serves).toContainText(`${model}, version ${version - 1}`);
  await expect(serves.getByText(/Watched until/)).toHaveCount(0);
  await expect(alertOn(page)).toHaveCount(0);
  const scientist = await api("scientist");
  await serve(scientist, TRUTH);
  const heard = await waitUntil(
    "its end",
    () => heardOf(LABELS),
    (all) => all.at(-1)?.status === "resolved",
  );
  expect(heard[0]?.status).toBe("firing");
});
