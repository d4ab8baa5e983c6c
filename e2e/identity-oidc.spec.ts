import { startIdentityProvider, type IdentityProvider } from "./fixtures/identity-provider";
import { freePort, startInstallation, type Installation } from "./fixtures/installation";
import { expect, test, type Page } from "./fixtures/test";

let portal: Installation | undefined;
let provider: IdentityProvider | undefined;

test.beforeAll(async () => {
  test.setTimeout(180_000);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  provider = await startIdentityProvider(`${url}/api/auth/callback/oidc`);
  portal = await startInstallation({
    PORT: String(port),
    MODELWORKS_URL: url,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: "modelworks",
    OIDC_CLIENT_SECRET: "a-secret-of-the-browser-tests-only",
  });
  portal = { ...portal, portalUrl: url };
});
test.afterAll(async () => {
  await provider?.stop();
  await portal?.stop();
});

/** Through the provider's own pages: who one is, then consent; gives back the question that the portal asked. */
async function signInAs(page: Page, login: string): Promise<URLSearchParams> {
  await page.goto(`${portal?.portalUrl}/sign-in?callbackUrl=%2Fsettings`);
  const asked = page.waitForRequest((request) => request.url().startsWith(`${provider?.issuer}/auth?`));
  await page.getByRole("button", { name: "Continue with single sign-on" }).click();
  const question = new URL((await asked).url()).searchParams;
  await page.getByPlaceholder("Enter any login").fill(login);
  await page.getByPlaceholder("and password").fill("anything");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  return question;
}

test("single sign-on by code with PKCE, state and nonce makes a person without a team", async ({ page }) => {
  const question = await signInAs(page, "ada");
  await expect(page).toHaveURL(`${portal?.portalUrl}/settings`);
  await expect(page.getByRole("button", { name: "Account: Person ada" })).toBeVisible();
  expect(question.get("response_type")).toBe("code");
  expect(question.get("code_challenge_method")).toBe("S256");
  expect(question.get("code_challenge")).toMatch(/^[\w-]{43}$/);
  expect(question.get("state")).toBeTruthy();
  expect(question.get("nonce")).toBeTruthy();
  await expect(page.getByRole("heading", { name: /team/i }).first()).toBeVisible();
});

test("an address that was never confirmed is not let in", async ({ page }) => {
  await signInAs(page, "bob-unverified");
  await expect(page.getByRole("heading", { name: "Your email address is not verified" })).toBeVisible();
  await page.goto(`${portal?.portalUrl}/settings`);
  await expect(page).toHaveURL(/\/sign-in/);
});

test("an answer that nobody here asked for is refused", async ({ page }) => {
  await page.goto(`${portal?.portalUrl}/api/auth/callback/oidc?code=stolen&state=made-up`);
  await expect(page).toHaveURL(/\/sign-in\?.*error=OAuthCallback/);
  await expect(page.getByText("Your identity provider's answer was refused")).toBeVisible();
  await page.goto(`${portal?.portalUrl}/settings`);
  await expect(page).toHaveURL(/\/sign-in/);
});
