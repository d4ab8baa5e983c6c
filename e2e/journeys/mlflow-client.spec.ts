import { z } from "zod";
import { attended } from "../fixtures/alive";
import { sessionApi } from "../fixtures/people";
import { decide, requestReview, trainVersion } from "../fixtures/line";
import { runPython } from "../fixtures/python";
import { expect, test } from "../fixtures/test";
import { world } from "../fixtures/world";

async function tokenWith(scopes: readonly string[]): Promise<string> {
  const session = await sessionApi("scientist");
  const made = await session.post(
    "/api/v1/tokens",
    { name: `mlflow client (${scopes.join(", ")})`, scopes, expiresInDays: 1 },
    z.looseObject({ token: z.string() }),
  );
  return made.token;
}

test("the unmodified mlflow client does all that its users do, and meets the errors it knows", async () => {
  const ended = await runPython(
    "e2e/journeys/python/mlflow_conformance.py",
    [],
    {
      MLFLOW_TRACKING_URI: world().portalUrl,
      MLFLOW_TRACKING_TOKEN: await tokenWith(["track"]),
      READ_ONLY_TOKEN: await tokenWith(["read"]),
    },
    600_000,
  );
  expect(ended.output).toMatch(/^mlflow 3\.\d+\.\d+: \d+ held, 0 failed$/m);
  expect(ended.output.match(/^ok {3}\w+/gm)?.length).toBeGreaterThanOrEqual(11);
  expect(ended.code).toBe(0);
});

test("it moves production of a deployed model through gates only, and is told what is missing", async () => {
  test.setTimeout(300_000);
  const model = "protected-model";
  const admitted = await trainVersion(model);
  await decide(await requestReview(admitted));
  const unknown = await trainVersion(model, { weights: [-1, 1, -1, 1, -0.9, 0.9] });
  const ended = await runPython(
    "e2e/journeys/python/mlflow_protected.py",
    [],
    {
      MLFLOW_TRACKING_URI: world().portalUrl,
      MLFLOW_TRACKING_TOKEN: await tokenWith(["track"]),
      MODEL: model,
      ADMITTED: String(admitted.version),
      UNKNOWN: String(unknown.version),
    },
    120_000,
  );
  expect(ended.output).toContain("protected: held");
  expect(ended.code).toBe(0);
});

test("the links that it prints lead to the pages of run and model version", async ({ as, browser }) => {
  const page = await as("scientist");
  await page.goto("/#/experiments/999999/runs/run_none");
  await expect(page).toHaveURL(/\/experiments\/999999\/runs\/run_none$/);
  await page.goto("/#/models/some%20model/versions/3");
  await expect(page).toHaveURL(/\/models\/some%20model\/versions\/3$/);
  await page.goto("/#/nothing-of-mlflow");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page).toHaveURL(/\/#\/nothing-of-mlflow$/);

  const visitor = await browser.newContext({ baseURL: world().portalUrl });
  const door = attended(await visitor.newPage());
  await door.goto("/#/experiments/1/runs/run_none");
  await expect(door).toHaveURL(/\/sign-in\?callbackUrl=%2Fexperiments%2F1%2Fruns%2Frun_none$/);
  await visitor.close();
});
