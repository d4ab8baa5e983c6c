import { createServer, type ServerResponse } from "node:http";
import { z } from "zod";
import { expectBlocked } from "./fixtures/expects";
import { dispatchNode, jobOf, requestReview, seededLine, trainVersion } from "./fixtures/line";
import { expect, test } from "./fixtures/test";
import { waitForState } from "./fixtures/wait";

test.describe.configure({ timeout: 240_000 });
test.beforeAll(async () => {
  test.setTimeout(300_000);
  await seededLine();
});

/** What a job asks for and hears when it is said: jobs see no folder of ours. */
async function oneWord() {
  const waiting: ServerResponse[] = [];
  let said = false;
  const server = createServer((_request, response) => {
    if (said) response.end("now");
    else waiting.push(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const say = () => {
    said = true;
    for (const response of waiting) response.end("now");
  };
  // Whoever has not asked yet is still answered; the tests' end does not wait for it.
  server.unref();
  return { url: `http://127.0.0.1:${port}`, say };
}

test("home says what runs, what waits for whom, and what is unhealthy, as it changes", async ({
  as,
  api,
}) => {
  const scientist = await api("scientist");
  const page = await as("scientist");
  await page.goto("/");
  const running = page.getByRole("region", { name: "Running" });
  await expect(running.getByRole("link", { name: "line-model" })).toBeVisible();
  // It ends when it was seen to run.
  const word = await oneWord();
  const script = `await fetch("${word.url}"); process.exit(4);`;
  const job = await dispatchNode(scientist, script, { name: "Ends badly" });
  await expect(running.getByRole("link", { name: "Ends badly" })).toBeVisible({ timeout: 15_000 });
  word.say();
  const waits = page.getByRole("region", { name: "Waits for you" });
  await expect(waits.getByRole("link", { name: "Ends badly" })).toBeVisible({ timeout: 30_000 });
  expect((await jobOf(scientist, job.id)).state).toBe("failed");

  const review = await requestReview(await trainVersion("home-model"));
  const reviewer = await as("reviewer");
  await reviewer.goto("/");
  await reviewer
    .getByRole("region", { name: "Waits for you" })
    .getByRole("link", { name: /home-model v1/ })
    .click();
  await expect(reviewer).toHaveURL(new RegExp(review));
});

test("the console shows processes, queues and jobs of all teams", async ({ as, api }) => {
  const scientist = await api("scientist");
  const job = await dispatchNode(scientist, "setInterval(() => {}, 1000)", { name: "Seen by the console" });
  await waitForState("the job", () => jobOf(scientist, job.id), ["running"]);
  const page = await as("platform");
  await page.goto("/admin");
  const processes = page.getByRole("region", { name: "Processes" });
  for (const kind of ["portal", "worker", "gateway"]) {
    await expect(processes.getByRole("row", { name: new RegExp(`^${kind} Alive`) })).toBeVisible();
  }
  const jobs = page.getByRole("region", { name: "Jobs of all teams" });
  await expect(jobs.getByRole("row", { name: /Seen by the console/ })).toContainText("Sam Scientist");
  await scientist.post(`/api/v1/jobs/${job.id}/cancel`, { reason: "Seen." });
  await expect(jobs.getByRole("row", { name: /Seen by the console/ })).toHaveCount(0, { timeout: 30_000 });
});

test("background work is filtered by its state; a wrong filter and an unknown delivery are named", async ({
  as,
  api,
}) => {
  const page = await as("platform");
  await page.goto("/admin/work?state=done");
  const deliveries = page.getByRole("region", { name: "Deliveries" });
  await expect(deliveries.getByText("Done").first()).toBeVisible();
  await expect(deliveries.getByText("Pending", { exact: true })).toHaveCount(0);
  const platform = await api("platform");
  const wrong = await platform.refused("GET", "/api/v1/platform/deliveries?state=asleep");
  expect(wrong).toMatchObject({ status: 400, code: "invalid" });
  expect(Object.keys(wrong.details?.fields ?? {})).toContain("state");
  const unknown = await platform.refused("POST", "/api/v1/platform/deliveries/retry", {
    eventId: "evt_00000000000000000000000000000000",
    handler: "nobody",
  });
  expect(unknown.status).toBe(404);
});

test("a member finds the console closed, with the role it needs; so does every call", async ({ as, api }) => {
  const page = await as("scientist");
  for (const address of ["/admin", "/admin/work", "/admin/quotas"]) {
    await page.goto(address);
    await expect(
      page.getByRole("heading", { name: /needs the role platform administrator/ }),
      address,
    ).toBeVisible();
  }
  const scientist = await api("scientist");
  for (const [method, path, body] of [
    ["GET", "/api/v1/platform/console"],
    ["GET", "/api/v1/platform/deliveries"],
    ["GET", "/api/v1/platform/workflows"],
    ["POST", "/api/v1/platform/deliveries/retry-all", {}],
  ] as const) {
    expect((await scientist.refused(method, path, body)).status, path).toBe(403);
  }
});

test("home and inbox of another team hold nothing of ours", async ({ as, api }) => {
  const { deployment } = await seededLine();
  const Home = z.looseObject({
    running: z.array(z.unknown()),
    waiting: z.array(z.unknown()),
    unhealthy: z.array(z.unknown()),
  });
  const home = await (await api("outsider")).get("/api/v1/home", Home);
  expect([...home.running, ...home.waiting, ...home.unhealthy]).toEqual([]);
  const page = await as("outsider");
  await page.goto("/");
  await expect(page.getByText("No job and no rollout is under way.")).toBeVisible();
  await expect(page.getByText(deployment)).toHaveCount(0);
  await page.goto("/admin");
  await expect(page.getByRole("heading", { name: /needs the role platform administrator/ })).toBeVisible();
});

test("a viewer sees what runs and may change nothing of it", async ({ as }) => {
  const page = await as("viewer");
  await page.goto("/");
  await expect(page.getByRole("region", { name: "Running" }).getByRole("link").first()).toBeVisible();
  await page.goto("/quotas");
  await expectBlocked(page.getByRole("button", { name: "Request GPU quota" }).first(), /you are viewer/);
});
