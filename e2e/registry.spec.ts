import { z } from "zod";
import { expectBlocked, expectFieldError, expectMissing, expectMissingByApi } from "./fixtures/expects";
import { seededLine, trainVersion } from "./fixtures/line";
import { expect, test } from "./fixtures/test";
import { world } from "./fixtures/world";

test.beforeAll(async () => {
  test.setTimeout(300_000);
  await seededLine();
});

test("a version shows what it is, what the gates said and where it came from", async ({ as }) => {
  const { model, version, jobId } = await seededLine();
  const page = await as("scientist");
  await page.goto("/models");
  await page
    .getByRole("link", { name: new RegExp(model) })
    .first()
    .click();
  await expect(page.getByRole("heading", { name: model }).first()).toBeVisible();
  await page.goto(`/models/${model}/versions/${version}`);
  await expect(page.getByRole("heading", { name: `${model} v${version}` })).toBeVisible();
  for (const verdict of ["The files are safe to load", "The version can be traced to its origin"]) {
    await expect(page.getByText(verdict).first()).toBeVisible();
  }
  await expect(page.getByText("model.onnx").filter({ visible: true }).first()).toBeVisible();
  const served = page.getByRole("region", { name: "How it is served" });
  await expect(served).toContainText("ONNX Runtime loads the ONNX file");
  await expect(served).toContainText("Answers");
  await expect(page.locator(`a[href="/jobs/${jobId}"]`).first()).toBeVisible();
});

test("lineage and evidence lead somewhere: job, run, data, deployment, and the parts of the page", async ({
  as,
  api,
}) => {
  const { model, version, datasetVersionId } = await seededLine();
  const scientist = await api("scientist");
  const page = await as("scientist");
  await page.goto(`/models/${model}/versions/${version}`);
  const lineage = page.locator("#lineage");
  await expect(lineage.getByRole("link").first()).toBeVisible();
  const hrefs = await lineage
    .getByRole("link")
    .evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  for (const start of ["/jobs/", "/experiments/", "/datasets/", "/deployments/"]) {
    const href = hrefs.find((each) => each?.startsWith(start));
    expect(href, `a link to ${start} among ${hrefs.join(", ")}`).toBeTruthy();
    await page.goto(href ?? "");
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.getByText(/was not found/)).toHaveCount(0);
  }
  await page.goto(`/models/${model}/versions/${version}`);
  await expect(page.locator('#card a[href="#evaluation"]').first()).toBeVisible();
  // The training was given the data as an input of its job; its run logged none.
  const { downstream } = await scientist.get(
    `/api/v1/dataset-versions/${datasetVersionId}/lineage`,
    z.object({ downstream: z.array(z.looseObject({ kind: z.string(), href: z.string().nullable() })) }),
  );
  expect(downstream.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["job", "model_version"]));
  for (const { kind, href } of downstream) expect(href, kind).not.toBeNull();
});

test("a sealed version takes no more files", async ({ api }) => {
  const { model, version } = await seededLine();
  const scientist = await api("scientist");
  const detail = await scientist.get(
    `/api/v1/models/${model}/versions/${version}`,
    z.looseObject({ artifactRoot: z.string() }),
  );
  const answer = await scientist.send(
    "PUT",
    `/api/2.0/mlflow-artifacts/artifacts/${detail.artifactRoot}/late.txt`,
    "too late",
  );
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
});

test("predictions that miss their threshold fail the evaluation gate, and the page says what blocks", async ({
  as,
  api,
}) => {
  test.setTimeout(240_000);
  const weak = await trainVersion("weak-model", { right: 6 });
  const scientist = await api("scientist");
  const detail = await scientist.get(
    `/api/v1/models/weak-model/versions/${weak.version}`,
    z.looseObject({ gatesOutcome: z.string() }),
  );
  expect(detail.gatesOutcome).not.toBe("pass");
  const page = await as("scientist");
  await page.goto(`/models/weak-model/versions/${weak.version}`);
  await expect(page.getByText(/accuracy 0\.6/).first()).toBeVisible();
  await page.getByRole("button", { name: "Request review" }).click();
  await expect(page.getByRole("dialog").getByText("Not ready for a review yet")).toBeVisible();
  await expect(page.getByRole("dialog").getByRole("button", { name: "Request review" })).toBeDisabled();
  const problem = await scientist.refused(
    "POST",
    `/api/v1/models/weak-model/versions/${weak.version}/reviews`,
    {
      environment: "production",
      rationale: "It might do all the same.",
    },
  );
  expect(problem.code).toBe("precondition_failed");
});

test("a bad name is told at its field; what was typed stays", async ({ as }) => {
  const page = await as("scientist");
  await page.goto("/models");
  await page.getByRole("button", { name: "New model" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("risk/score");
  await dialog.getByLabel("Description").fill("Keep this text");
  await dialog.getByRole("button", { name: "Create model" }).click();
  await expectFieldError(dialog.getByLabel("Name"), /cannot contain/);
  await expect(dialog.getByLabel("Description")).toHaveValue("Keep this text");
});

test("a dialog stays while it saves, so that a failure is told; a press beside it loses nothing", async ({
  as,
}) => {
  const page = await as("scientist");
  await page.goto("/models");
  await page.getByRole("button", { name: "New model" }).first().click();
  const dialog = page.getByRole("dialog", { name: "New model" });
  await dialog.getByLabel("Name").fill("kept-while-saving");
  await page.mouse.click(5, 5);
  await expect(dialog.getByLabel("Name")).toHaveValue("kept-while-saving");
  const held: (() => Promise<void>)[] = [];
  await page.route(/registry\.createModel/, (route) => void held.push(() => route.abort()));
  const save = dialog.getByRole("button", { name: "Create model" });
  await save.click();
  await expect(save).toHaveAttribute("aria-busy", "true");
  await expect(dialog.getByRole("button", { name: "Cancel" })).toBeDisabled();
  await page.keyboard.press("Escape");
  await expect.poll(() => held.length).toBe(1);
  await held[0]?.();
  await expect(dialog.getByRole("alert")).toBeVisible();
  await expect(dialog.getByLabel("Name")).toHaveValue("kept-while-saving");
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
});

test("a model card that was changed is not thrown away without a question", async ({ as }) => {
  const { model, version } = await seededLine();
  const page = await as("scientist");
  await page.goto(`/models/${model}/versions/${version}`);
  const edit = page.getByRole("button", { name: "Edit card" });
  await edit.click();
  const dialog = page.getByRole("dialog", { name: "Edit model card" });
  const limits = dialog.getByLabel("Limitations");
  await limits.fill("Half a sentence");
  await page.keyboard.press("Escape");
  const question = page.getByRole("alertdialog", { name: "Discard what you typed?" });
  await question.getByRole("button", { name: "Keep editing" }).click();
  await expect(question).toBeHidden();
  await expect(limits).toHaveValue("Half a sentence");
  await expect(limits).toBeFocused();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await question.getByRole("button", { name: "Discard" }).click();
  await expect(dialog).toBeHidden();
  await expect(edit).toBeFocused();
  // Unchanged, it closes at once.
  await edit.click();
  await expect(dialog).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
});

test("a viewer reads a version and is told why they can do no more", async ({ as, api }) => {
  const { model, version } = await seededLine();
  const page = await as("viewer");
  await page.goto(`/models/${model}/versions/${version}`);
  await expectBlocked(page.getByRole("button", { name: "Request review" }), /you are viewer/);
  const viewer = await api("viewer");
  expect((await viewer.refused("POST", "/api/v1/models", { name: "no" })).status).toBe(403);
  const gates = `/api/v1/models/${model}/versions/${version}/gates/run`;
  expect((await viewer.refused("POST", gates, {})).status).toBe(403);
});

test("another team sees nothing of a model", async ({ as, api }) => {
  const { model, version } = await seededLine();
  const outsider = await api("outsider");
  const base = `/api/v1/models/${model}`;
  await expectMissingByApi(outsider, [
    ["GET", base],
    ["PATCH", base, { description: "mine" }],
    ["GET", `${base}/versions/${version}`],
    ["GET", `${base}/versions/${version}/card`],
    ["PUT", `${base}/aliases/champion`, { version }],
    ["POST", `${base}/versions/${version}/gates/run`, {}],
  ]);
  const page = await as("outsider");
  await expectMissing(page, `/models/${model}`);
  await expectMissing(page, `/models/${model}/versions/${version}`);
});

test("a protected alias points at admitted versions only, says what is missing, and is switched by team admins", async ({
  as,
}) => {
  test.setTimeout(240_000);
  const { model, version } = await seededLine();
  const unknown = await trainVersion(model, { weights: [-1, 1, -1, 1, -0.8, 0.8] });
  const page = await as("scientist");
  const setAlias = async (number: number, alias: string) => {
    await page.goto(`/models/${model}/versions/${number}`);
    await page.getByRole("button", { name: "Set alias" }).click();
    await page.getByRole("dialog").getByRole("textbox", { name: "Alias" }).fill(alias);
    await expect(page.getByRole("dialog").getByText(`${alias} is protected`)).toBeVisible();
    await page.getByRole("dialog").getByRole("button", { name: "Set alias" }).click();
  };
  await setAlias(unknown.version, "production");
  await expect(page.getByRole("dialog").getByRole("alert")).toContainText(
    `version ${unknown.version} is not admitted to production`,
  );
  await setAlias(version, "production");
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(page.getByRole("button", { name: /^Protected: production moves only/ }).first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Remove alias production" })).toHaveCount(0);

  await page.goto(`/models/${model}#protection`);
  const protection = page.getByRole("region", { name: "Protected aliases and stages" });
  await expect(protection).toContainText("On: it was deployed as line-model.");
  await expect(protection).toContainText("Alias production points at");
  await expectBlocked(protection.getByRole("switch"), /Needs the role admin/);
  await expectBlocked(protection.getByRole("button", { name: "Change aliases" }), /Needs the role admin/);

  const admin = await as("platform");
  await admin.goto(`/models/${model}#protection`);
  const own = admin.getByRole("region", { name: "Protected aliases and stages" });
  const dialog = admin.getByRole("dialog");
  const save = async (aliases: string) => {
    await own.getByRole("button", { name: "Change aliases" }).click();
    await dialog.getByLabel("Other aliases").fill(aliases);
    await dialog.getByLabel("Why").fill("Our clients load it by these");
    await dialog.getByRole("button", { name: "Save aliases" }).click();
  };
  await save("live-eu, v7");
  await expect(dialog.getByRole("alert").first()).toContainText('v7: "latest" and v<number> are reserved');
  await dialog.getByLabel("Other aliases").fill("live-eu  stable");
  await dialog.getByRole("button", { name: "Save aliases" }).click();
  await expect(dialog).toBeHidden();
  await expect(own).toContainText("champion, live-eu, stable and the stages");
  await setAlias(unknown.version, "live-eu");
  await expect(page.getByRole("dialog").getByRole("alert")).toContainText(
    `version ${unknown.version} is not admitted to production`,
  );
  await save("");
  await expect(dialog).toBeHidden();
  await expect(own).not.toContainText("live-eu");
});

test("a model elsewhere becomes a version: its credential is written once, the form names what is wrong, the page tells the trial", async ({
  as,
  api,
  session,
}) => {
  const { deployment } = await seededLine();
  const { gatewayUrl } = world();
  const { token } = await (
    await session("scientist")
  ).post(
    "/api/v1/tokens",
    { name: "Asks the gateway", scopes: ["read", "infer"], expiresInDays: 1 },
    z.looseObject({ token: z.string() }),
  );
  // The trial alone is waited for as long as a whole test usually may take.
  test.setTimeout(150_000);
  const admin = await as("platform");
  await admin.goto("/settings/endpoint-credentials");
  await admin.getByRole("button", { name: "New credential" }).first().click();
  const dialog = admin.getByRole("dialog");
  await dialog.getByLabel("Name").fill("own-gateway");
  await dialog.getByLabel("Hosts").fill(new URL(gatewayUrl).host);
  await dialog.getByLabel("Token", { exact: true }).fill(token);
  await dialog.getByRole("button", { name: "Store credential" }).click();
  await expect(admin.getByRole("list", { name: "Endpoint credentials" })).toContainText("own-gateway");
  await admin.reload();
  await expect(admin.getByRole("list", { name: "Endpoint credentials" })).toContainText("own-gateway");
  // A secret that is replaced is gone: a new one does not take the place of another.
  await admin.getByRole("button", { name: "New credential" }).first().click();
  await dialog.getByLabel("Name").fill("own-gateway");
  await dialog.getByLabel("Hosts").fill("models.example.org");
  await dialog.getByLabel("Token", { exact: true }).fill("another-secret");
  await dialog.getByRole("button", { name: "Store credential" }).click();
  await expectFieldError(dialog.getByLabel("Name"), /is taken by another credential/);
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await admin.getByRole("button", { name: "New credential" }).first().click();
  await expect(dialog.getByLabel("Token", { exact: true })).toHaveValue("");
  await expect(dialog.getByLabel("Name")).not.toHaveAttribute("aria-invalid", "true");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  expect(await admin.content()).not.toContain(token);

  const scientist = await api("scientist");
  await scientist.send("POST", "/api/v1/models", { name: "elsewhere" });
  const page = await as("scientist");
  await page.goto("/settings/endpoint-credentials");
  await expectBlocked(page.getByRole("button", { name: "New credential" }), /role admin/);
  await page.goto("/models/elsewhere");
  await page.getByRole("button", { name: "Register an external endpoint" }).click();
  const form = page.getByRole("dialog");
  await form.getByLabel("Address").fill("http://169.254.169.254");
  await form.getByLabel("Model there").fill(deployment);
  await form.getByLabel("Credential").selectOption("own-gateway");
  await form.getByRole("button", { name: "Register" }).click();
  await expectFieldError(form.getByLabel("Address"), /not among those where endpoints may be/);
  await form.getByLabel("Address").fill(gatewayUrl);
  await form.getByRole("button", { name: "Register" }).click();
  await expect(page.getByRole("heading", { name: "elsewhere v1" })).toBeVisible();
  const endpoint = page.locator("#endpoint");
  await expect(endpoint).toContainText("What runs there can change without us");
  // Tried by the worker; the page follows by itself.
  await expect(endpoint).toContainText(/The endpoint answers .* It says that it serves version \d/, {
    timeout: 60_000,
  });
  await expect(page.locator("#contract")).toBeVisible();
  await expect(page.locator("#timeline")).toContainText("registered an external endpoint as");
  // It cannot be trained here: what its run would bring comes with a run.
  await expect(page.getByText("Register it again with the run that evaluated it").first()).toBeVisible();
});
