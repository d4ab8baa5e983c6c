import { z } from "zod";
import { expectMissing, expectMissingByApi } from "./fixtures/expects";
import { seededLine } from "./fixtures/line";
import { expect, test } from "./fixtures/test";
import { waitUntil } from "./fixtures/wait";

test.describe.configure({ timeout: 240_000 });
test.beforeAll(async () => {
  test.setTimeout(300_000);
  await seededLine();
});

const Answer = z.looseObject({ id: z.string() });
const question = { inputs: [{ name: "features", shape: [1, 3], datatype: "FP32", data: [40, 25, 90] }] };

test("a prediction is recorded, takes its outcome, and the page of the deployment counts it", async ({
  as,
  api,
}) => {
  const { deployment } = await seededLine();
  const scientist = await api("scientist");
  const ask = () => scientist.atGateway().send("POST", `/v2/models/${deployment}/infer`, question);
  const first = await waitUntil("an answer", ask, ({ status }) => status === 200, { timeoutMs: 30_000 });
  const { id } = Answer.parse(first.body);
  const told = await scientist.send("POST", "/api/v1/feedback", { items: [{ predictionId: id, value: 1 }] });
  expect(told.status, JSON.stringify(told.body)).toBeLessThan(300);
  const page = await as("scientist");
  await page.goto("/monitoring");
  await expect(page.getByRole("link", { name: new RegExp(deployment) }).first()).toBeVisible();
  await page.goto(`/monitoring/${deployment}`);
  await expect(page.getByRole("heading", { name: new RegExp(deployment) }).first()).toBeVisible();
});

test("feedback of a wrong form is told item by item, and the rest of the batch is not lost", async ({
  api,
}) => {
  const scientist = await api("scientist");
  const answer = await scientist.send("POST", "/api/v1/feedback", {
    items: [{ value: 1 }, { predictionId: "prd_00000000000000000000000000000000", value: 1 }],
  });
  const { summary, results } = z
    .looseObject({
      summary: z.looseObject({ recorded: z.number(), invalid: z.number() }),
      results: z.array(z.looseObject({ outcome: z.string(), message: z.string().nullish() })),
    })
    .parse(answer.body);
  expect(summary).toMatchObject({ recorded: 0, invalid: 1 });
  expect(results[0]).toMatchObject({ outcome: "invalid", message: expect.stringContaining("predictionId") });
  expect(results[1]?.outcome).not.toBe("recorded");
  expect((await scientist.refused("POST", "/api/v1/feedback", { items: "all" })).status).toBe(400);
});

test("a viewer may not send feedback", async ({ api }) => {
  const problem = await (
    await api("viewer")
  ).refused("POST", "/api/v1/feedback", { items: [{ predictionId: "x", value: 1 }] });
  expect(problem.status).toBe(403);
});

test("another team sees nothing of the traffic", async ({ as, api }) => {
  const { deployment } = await seededLine();
  await expectMissingByApi(await api("outsider"), [["GET", `/api/v1/deployments/${deployment}/chart`]]);
  await expectMissing(await as("outsider"), `/monitoring/${deployment}`);
});
