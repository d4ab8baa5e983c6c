import { emailOf } from "./fixtures/people";
import { expect, test } from "./fixtures/test";
import { world } from "./fixtures/world";

test.describe("signing in", () => {
  test("by password, from the page that was asked for and back to it", async ({ page }) => {
    await page.goto("/settings");
    await expect(page).toHaveURL(/\/sign-in\?callbackUrl=%2Fsettings/);
    await page.getByLabel("Email").fill(emailOf("scientist"));
    await page.getByLabel("Password").fill(world().password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page).toHaveURL(/\/settings$/);
    await expect(page.getByRole("button", { name: "Account: Sam Scientist" })).toBeVisible();
  });

  test("a wrong password says so, keeps the address and lets nobody in", async ({ page }) => {
    await page.goto("/sign-in");
    await page.getByLabel("Email").fill(emailOf("scientist"));
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByText("The email address or the password is wrong.")).toBeVisible();
    await expect(page.getByLabel("Email")).toHaveValue(emailOf("scientist"));
    await expect(page.getByLabel("Password")).toBeFocused();
    await page.goto("/datasets");
    await expect(page).toHaveURL(/\/sign-in/);
  });

  test("never leads to another site afterwards", async ({ page }) => {
    await page.goto(`/sign-in?callbackUrl=${encodeURIComponent("https://example.org/phish")}`);
    await page.getByLabel("Email").fill(emailOf("reviewer"));
    await page.getByLabel("Password").fill(world().password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByRole("button", { name: "Account: Robin Reviewer" })).toBeVisible();
    expect(new URL(page.url()).origin).toBe(new URL(world().portalUrl).origin);
  });
});
