import { alive, attended } from "./fixtures/alive";
import { adminApi } from "./fixtures/api";
import { emailOf, makePerson, makeTeam } from "./fixtures/people";
import { expect, test, type Page } from "./fixtures/test";
import { world } from "./fixtures/world";

async function signIn(page: Page, email: string): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(world().password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL((url) => url.pathname === "/");
  await alive(page);
}

/** Another window of the same browser. */
const windowOf = async (page: Page) => attended(await page.context().newPage());

test("a session that ends elsewhere is said at once, and the page goes on with what was typed", async ({
  page,
}) => {
  await signIn(page, emailOf("reviewer"));
  await page.goto("/settings");
  await alive(page);
  const name = page.getByLabel("Name", { exact: true });
  await name.fill("Half a na");

  const other = await windowOf(page);
  await other.goto("/");
  await alive(other);
  await other.getByRole("button", { name: "Account: Robin Reviewer" }).click();
  await other.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(other.getByRole("heading", { name: "You are signed out" })).toBeVisible();
  await other.close();

  // Nothing was pressed on this page.
  const told = page.getByRole("dialog", { name: "Your session has ended" });
  await expect(told).toBeVisible();
  await told.getByLabel("Password of").fill("not the password");
  await told.getByRole("button", { name: "Sign in and go on" }).click();
  await expect(told.getByRole("alert")).toContainText("password is wrong");
  await told.getByLabel("Password of").fill(world().password);
  await told.getByRole("button", { name: "Sign in and go on" }).click();
  await expect(told).toBeHidden();
  await expect(name).toHaveValue("Half a na");
  await page.reload();
  await expect(name).toHaveValue("Robin Reviewer");
});

test("a team that is changed in another window is said where the old one is still shown", async ({
  page,
}) => {
  const first = await makeTeam("First of two", "first-of-two");
  const second = await makeTeam("Second of two", "second-of-two");
  const email = "two.teams@example.org";
  await makePerson({ name: "Tova Two", email, teamId: first.id, role: "member" });
  await adminApi().post(`/api/v1/teams/${second.id}/members`, { email, role: "member" });
  await signIn(page, email);

  const other = await windowOf(page);
  await other.goto("/models");
  await alive(other);
  await page.getByRole("button", { name: "First of two" }).click();
  await page.getByRole("menuitem", { name: "Second of two" }).click();
  await expect(page.getByRole("button", { name: "Second of two" })).toBeVisible();
  // Who changes it is not told.
  await expect(page.getByRole("dialog")).toHaveCount(0);

  const told = other.getByRole("dialog", { name: "This page is of another team" });
  await expect(told).toBeVisible();
  await told.getByRole("button", { name: "Look at the page first" }).click();
  await expect(told).toBeHidden();
  await expect(other.getByRole("button", { name: "First of two" })).toBeVisible();
  await other.reload();
  await expect(other.getByRole("button", { name: "Second of two" })).toBeVisible();
});
