import { z } from "zod";
import { tokenApi } from "./fixtures/api";
import { expectBlocked, expectFieldError, expectMissing, expectMissingByApi } from "./fixtures/expects";
import { emailOf } from "./fixtures/people";
import { alive } from "./fixtures/alive";
import { expect, test, type Page } from "./fixtures/test";
import { world } from "./fixtures/world";

async function enter(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

test.describe("signing in", () => {
  test("by password, from the page that was asked for and back to it", async ({ page }) => {
    await page.goto("/settings");
    await expect(page).toHaveURL(/\/sign-in\?callbackUrl=%2Fsettings/);
    await enter(page, emailOf("scientist"), world().password);
    await expect(page).toHaveURL(/\/settings$/);
    await expect(page.getByRole("button", { name: "Account: Sam Scientist" })).toBeVisible();
  });

  test("a wrong password says so, keeps the address and lets nobody in", async ({ page }) => {
    await page.goto("/sign-in");
    await enter(page, emailOf("scientist"), "not the password");
    await expect(page.getByText("The email address or the password is wrong.")).toBeVisible();
    await expect(page.getByLabel("Email")).toHaveValue(emailOf("scientist"));
    await expect(page.getByLabel("Password")).toBeFocused();
    await page.goto("/datasets");
    await expect(page).toHaveURL(/\/sign-in/);
  });

  test("never leads to another site afterwards", async ({ page }) => {
    await page.goto(`/sign-in?callbackUrl=${encodeURIComponent("https://example.org/phish")}`);
    await enter(page, emailOf("reviewer"), world().password);
    await expect(page.getByRole("button", { name: "Account: Robin Reviewer" })).toBeVisible();
    expect(new URL(page.url()).origin).toBe(new URL(world().portalUrl).origin);
  });

  test("signing out ends the way in", async ({ page }) => {
    await page.goto("/sign-in");
    await enter(page, emailOf("platform"), world().password);
    await page.waitForURL((url) => url.pathname === "/");
    await alive(page);
    await page.getByRole("button", { name: "Account: Pat Platform" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await expect(page.getByRole("heading", { name: "You are signed out" })).toBeVisible();
    await page.goto("/settings");
    await expect(page).toHaveURL(/\/sign-in/);
  });
});

test.describe("API tokens", () => {
  test("are shown once, work at once, and end when revoked", async ({ as }) => {
    const page = await as("scientist");
    await page.goto("/settings/tokens");
    await page
      .getByRole("button", { name: /new (API )?token/i })
      .first()
      .click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill("nightly training");
    await dialog.getByRole("button", { name: "Make token" }).click();
    const secret = page.getByRole("status").locator("code").first();
    await expect(secret).toHaveText(/^mw_[0-9A-Za-z]{36}$/);
    const token = (await secret.textContent()) ?? "";
    const session = z.looseObject({ me: z.looseObject({ name: z.string() }) });
    expect((await tokenApi(token).get("/api/v1/session", session)).me.name).toBe("Sam Scientist");
    await page.reload();
    await expect(page.getByText("nightly training")).toBeVisible();
    await expect(page.getByText(token)).toHaveCount(0);
    await page.getByRole("button", { name: /revoke.*nightly training/i }).click();
    await page
      .getByRole("alertdialog")
      .getByRole("button", { name: /revoke/i })
      .click();
    await expect(page.getByRole("alertdialog")).toBeHidden();
    expect((await tokenApi(token).refused("GET", "/api/v1/session")).status).toBe(401);
  });

  test("a bad form names the field and keeps what was typed", async ({ as }) => {
    const page = await as("scientist");
    await page.goto("/settings/tokens");
    await page
      .getByRole("button", { name: /new (API )?token/i })
      .first()
      .click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill("for a long time");
    await dialog.getByLabel("Expires in").fill("9999");
    await dialog.getByRole("button", { name: "Make token" }).click();
    await expectFieldError(dialog.getByLabel("Expires in"), /at most 365 days/i);
    await expect(dialog.getByLabel("Name", { exact: true })).toHaveValue("for a long time");
  });

  test("a token cannot do what its scopes leave out", async ({ session }) => {
    const scientist = await session("scientist");
    const made = await scientist.post(
      "/api/v1/tokens",
      { name: "reads only", scopes: ["read"], expiresInDays: 1 },
      z.looseObject({ token: z.string() }),
    );
    const problem = await tokenApi(made.token).refused("POST", "/api/v1/datasets", { name: "No" });
    expect(problem).toMatchObject({ status: 403, code: "forbidden" });
    expect(`${problem.title} ${problem.detail}`).toContain("write");
  });
});

test.describe("people and teams", () => {
  test("a member finds the pages of the platform closed, with the role they need", async ({ as, api }) => {
    const page = await as("scientist");
    await page.goto("/admin/users");
    await expect(page.getByRole("heading", { name: /needs the role platform administrator/ })).toBeVisible();
    await page.goto("/admin/teams");
    await expectBlocked(
      page.getByRole("button", { name: "New team" }).first(),
      /only platform administrators/i,
    );
    const scientist = await api("scientist");
    expect((await scientist.refused("GET", "/api/v1/people")).status).toBe(403);
    expect((await scientist.refused("POST", "/api/v1/teams", { name: "X", slug: "xxx" })).status).toBe(403);
  });

  test("a taken short name is told at its field; the typed text stays", async ({ as }) => {
    const page = await as("platform");
    await page.goto("/admin/teams");
    await page.getByRole("button", { name: "New team" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill("Second demo");
    await dialog.getByLabel("Short name").fill("demo");
    await dialog.getByRole("button", { name: "Make team" }).click();
    await expectFieldError(dialog.getByLabel("Short name"), /taken/);
    await expect(dialog.getByLabel("Name", { exact: true })).toHaveValue("Second demo");
  });

  test("a team's admin finds the team and its audit log, and no page of the platform", async ({ as }) => {
    const page = await as("outsider");
    await page.goto("/");
    const main = page.getByRole("navigation", { name: "Main" });
    await expect(main.getByRole("link", { name: "Console" })).toHaveCount(0);
    await main.getByRole("link", { name: "Teams" }).click();
    await page.getByRole("list", { name: "Teams" }).getByRole("link").first().click();
    await expect(page.getByRole("button", { name: "Add member" })).toBeEnabled();
    await main.getByRole("link", { name: "Audit" }).click();
    await expect(page.getByRole("table", { name: "Audit log" })).toBeVisible();
    const member = await as("scientist");
    await member.goto("/");
    const menu = member.getByRole("navigation", { name: "Main" });
    await expect(menu.getByRole("link", { name: "Quotas" })).toBeVisible();
    await expect(menu.getByRole("link", { name: /^(Teams|Audit)$/ })).toHaveCount(0);
  });

  test("another team's page looks as if there were none", async ({ as, api }) => {
    const scientist = await api("scientist");
    const mine = await scientist.get(
      "/api/v1/teams",
      z.object({ items: z.array(z.object({ id: z.string() })) }),
    );
    const foreign = mine.items[0]?.id ?? "";
    await expectMissingByApi(await api("outsider"), [["GET", `/api/v1/teams/${foreign}/members`]]);
    await expectMissing(await as("outsider"), `/admin/teams/${foreign}`);
  });
});

test.describe("the audit log", () => {
  test("is filtered by the address and verified by recomputing it", async ({ as }) => {
    const page = await as("platform");
    await page.goto("/admin/audit?action=identity.");
    await expect(page.getByRole("table").getByText("identity.", { exact: false }).first()).toBeVisible();
    await page.getByRole("button", { name: "Verify the chain" }).click();
    await expect(page.getByText("The chain holds")).toBeVisible();
    await expect(page.getByText(/[1-9][\d,]* rows hold/)).toBeVisible();
  });

  test("is closed to a viewer in the browser and by the API", async ({ as, api }) => {
    const page = await as("viewer");
    await page.goto("/admin/audit");
    await expect(page.getByRole("heading", { name: /needs the role team admin/ })).toBeVisible();
    expect((await (await api("viewer")).refused("GET", "/api/v1/audit")).status).toBe(403);
  });
});

test("each page has a policy of its own against foreign scripts and frames", async ({
  as,
  baseURL,
  pageErrors,
}) => {
  const page = await as("scientist");
  const policies = await Promise.all(
    ["/", "/models/with.a.dot", new URL("/sign-in", baseURL).href].map(async (address) => {
      const { headers } = await page.request.get(address).then((answer) => ({ headers: answer.headers() }));
      expect(headers["x-frame-options"]).toBe("DENY");
      expect(headers["x-content-type-options"]).toBe("nosniff");
      return headers["content-security-policy"] ?? "none";
    }),
  );
  const nonces = policies.map((policy) => /script-src 'self' 'nonce-([^']+)'/.exec(policy)?.[1]);
  expect(new Set(nonces).size, policies.join("\n")).toBe(3);
  await page.goto("/");
  await page.evaluate(() => {
    const foreign = document.createElement("div");
    foreign.innerHTML = `<img src="/none" onerror="window.injected = true">`;
    document.body.append(foreign);
    return new Promise((resolve) => foreign.querySelector("img")?.addEventListener("error", resolve));
  });
  expect(await page.evaluate("window.injected")).toBeUndefined();
  // The browser says that it refused; any other test would fail on that.
  expect(pageErrors.splice(0)).toEqual([expect.stringContaining("Content Security Policy")]);
});
