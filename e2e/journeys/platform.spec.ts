import fs from "node:fs";
import type { Browser } from "@playwright/test";
import { z } from "zod";
import { attended } from "../fixtures/alive";
import { tokenApi } from "../fixtures/api";
import { expectBlocked } from "../fixtures/expects";
import { dispatchNode, jobOf } from "../fixtures/line";
import { expect, test, type Page } from "../fixtures/test";
import { waitForState } from "../fixtures/wait";
import { world } from "../fixtures/world";
import { confirm, copied, download, part, stateOf } from "./pages";

/** A platform engineer's day: people and teams, what they may use, what runs behind it all, and the record. */
test.describe.configure({ mode: "serial" });

const TEAM = { name: "Radiology", slug: "radiology" };
const PERSON = { name: "Rita Radiologist", email: "rita@example.org" };
const FLAVOR = { name: "day-gpu", title: "GPU of the day" };

/** The new person's own browser, signed in by what they typed. */
async function asRita(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ baseURL: world().portalUrl, timezoneId: "UTC" });
  const page = attended(await context.newPage());
  await page.goto("/sign-in");
  await page.getByLabel("Email").fill(PERSON.email);
  await page.getByLabel("Password").fill(world().password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL((url) => url.pathname === "/");
  return page;
}

test("a team is made, a person is invited, chooses a password and is let in with a role", async ({
  as,
  browser,
}) => {
  const platform = await as("platform");
  await platform.goto("/admin/users");
  await platform.getByRole("button", { name: "Add person" }).first().click();
  const person = platform.getByRole("dialog");
  await person.getByLabel("Name", { exact: true }).fill(PERSON.name);
  await person.getByLabel("Email").fill(PERSON.email);
  await person.getByRole("button", { name: "Add person" }).click();
  await expect(platform.getByText(`Send this link to ${PERSON.name}`)).toBeVisible();
  const link = new URL(await copied(platform, platform.getByRole("main"), "Copy link"));

  const context = await browser.newContext({ baseURL: world().portalUrl });
  const rita = attended(await context.newPage());
  await rita.goto(`${link.pathname}${link.search}`);
  await rita.getByLabel("New password").fill(world().password);
  await rita.getByRole("button", { name: "Save and sign in" }).click();
  await expect(rita.getByText("You are in no team yet")).toBeVisible();

  await platform.goto("/admin/teams");
  await platform.getByRole("button", { name: "New team" }).first().click();
  const team = platform.getByRole("dialog");
  await team.getByLabel("Name", { exact: true }).fill(TEAM.name);
  await team.getByLabel("Short name").fill(TEAM.slug);
  await team.getByRole("button", { name: "Make team" }).click();
  await expect(platform).toHaveURL(/\/admin\/teams\/team_/);
  await platform.getByRole("button", { name: "Add member" }).first().click();
  const member = platform.getByRole("dialog");
  await member.getByLabel("Email").fill(PERSON.email);
  await member.getByLabel("Role").selectOption("viewer");
  await member.getByRole("button", { name: "Add member" }).click();
  await expect(platform.getByLabel(`Role of ${PERSON.name}`)).toHaveValue("viewer");

  await rita.goto("/templates/replay");
  await expect(rita.getByRole("button", { name: "Launch job" })).toBeDisabled();
  // A role chosen by mistake changes nothing.
  const role = platform.getByLabel(`Role of ${PERSON.name}`);
  await role.selectOption("admin");
  const question = platform.getByRole("alertdialog", { name: `Make ${PERSON.name} an admin?` });
  await expect(question).toContainText("remove members");
  await question.getByRole("button", { name: "Cancel" }).click();
  await expect(question).toBeHidden();
  await expect(role).toHaveValue("viewer");
  await role.selectOption("member");
  await confirm(platform, "Change role");
  await expect(platform.getByText(`${PERSON.name} is a member now`)).toBeVisible();
  await expect(role).toHaveValue("member");
  await rita.reload();
  await expect(rita.getByRole("button", { name: "Launch job" })).toBeEnabled();
  await context.close();
});

test("a base quota is changed after its effect was shown", async ({ as }) => {
  const platform = await as("platform");
  await platform.goto("/quotas");
  await platform.getByRole("link", { name: "Base quotas" }).click();
  const form = platform.getByRole("form", { name: "Set a base quota" });
  await form.getByLabel("Team").selectOption({ label: TEAM.name });
  await form.getByLabel("Resource").selectOption("cpu");
  await expect(form.getByRole("button", { name: "Set base quota" })).toBeDisabled();
  await form.getByLabel(/^Base quota/).fill("2");
  const effect = form.getByRole("table", { name: "Effect by team" }).getByRole("row", { name: /^Radiology/ });
  await expect(effect).toContainText("4 cores");
  await expect(effect).toContainText("2 cores");
  await form.getByLabel(/^Reason/).fill("They only annotate for now.");
  await form.getByRole("button", { name: "Set base quota" }).click();
  await expect(part(platform, "Teams").getByRole("row", { name: /^Radiology/ })).toContainText("of 2 cores");
});

test("GPUs are declared, a request is refused with a reason, and the one who asked reads it", async ({
  as,
  browser,
}) => {
  const platform = await as("platform");
  await platform.goto("/admin/quotas");
  const declare = platform.getByRole("form", { name: "Declare GPUs" });
  await declare.getByLabel("Name").fill("No spaces please");
  await declare.getByLabel("Title").fill(FLAVOR.title);
  await declare.getByRole("button", { name: "Declare GPUs" }).click();
  await expect(declare.getByLabel("Name")).toHaveAttribute("aria-invalid", "true");
  await declare.getByLabel("Name").fill(FLAVOR.name);
  await declare.getByRole("button", { name: "Declare GPUs" }).click();
  await expect(declare.getByRole("button", { name: `Change ${FLAVOR.title}` })).toBeVisible();

  const rita = await asRita(browser);
  await rita.goto("/quotas/request");
  const ask = rita.getByRole("form", { name: "Request GPU quota" });
  await ask.getByLabel("GPU", { exact: true }).selectOption(FLAVOR.name);
  await ask.getByLabel(/^How many/).fill("8");
  await ask.getByLabel("Why").fill("To read all scans of the year.");
  await ask.getByRole("button", { name: "Send request" }).click();
  await expect(rita).toHaveURL(/\/quotas\/requests\/qr_/);

  await platform.goto("/inbox");
  await platform
    .getByRole("link", { name: /Rita Radiologist|day-gpu|Radiology/ })
    .first()
    .click();
  await expect(platform.getByText("7 GPUs more would be promised than the cluster has")).toBeVisible();
  await platform.getByRole("button", { name: "Reject" }).click();
  await confirm(platform, "Reject request", "There is one such GPU; ask for a share of it.");
  await expect(stateOf(platform)).toHaveText("Rejected");
  await expect(stateOf(rita)).toHaveText("Rejected");
  await expect(rita.getByText("There is one such GPU; ask for a share of it.").first()).toBeVisible();
  await rita.context().close();
});

test("background work is looked through; nothing is dead, and the button says so", async ({ api, as }) => {
  const scientist = await api("scientist");
  const { id } = await dispatchNode(scientist, "console.log('done')", { name: "A job of the day" });
  await waitForState(`job ${id}`, () => jobOf(scientist, id), ["succeeded"], { never: ["failed"] });
  const platform = await as("platform");
  await platform.goto("/admin");
  await platform.getByRole("link", { name: "Work waiting" }).click();
  await expect(platform).toHaveURL(/\/admin\/work\?state=pending/);
  await platform.goto("/admin/work");
  const deliveries = part(platform, "Deliveries");
  await expect(deliveries.getByRole("row").nth(1)).toContainText(/Done|Pending/);
  await expectBlocked(
    platform.getByRole("button", { name: "Retry all dead letters" }),
    /No delivery is dead/,
  );
  await expect(part(platform, "Workflows").getByRole("row").nth(1)).toContainText(/Succeeded|Running/);
});

test("the record is filtered, taken away and proved whole", async ({ as }, info) => {
  const platform = await as("platform");
  await platform.goto("/admin/audit");
  await platform.getByLabel("Action begins with").fill("compute.quota");
  const rows = platform.getByRole("table", { name: "Audit log" }).getByRole("row");
  await expect(rows.nth(1)).toContainText("compute.quota");
  await expect(platform).toHaveURL(/action=compute\.quota/);
  await platform.getByRole("button", { name: "Export" }).click();
  const item = platform.getByRole("menuitem", { name: "CSV" });
  const file = await download(platform, item, info.outputPath("audit.csv"));
  const [head = "", ...lines] = fs.readFileSync(file, "utf8").trim().split(/\r?\n/);
  expect(head).toContain("action");
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.every((line) => line.includes("compute.quota"))).toBe(true);
  await platform.getByRole("button", { name: "Verify the chain" }).click();
  await expect(platform.getByText("The chain holds")).toBeVisible();
});

test("a token is revoked and a person's access ended, both at once", async ({ as, browser }) => {
  const rita = await asRita(browser);
  await rita.goto("/settings/tokens");
  await rita.getByRole("button", { name: "New token" }).first().click();
  await rita.getByRole("dialog").getByLabel("Name", { exact: true }).fill("ward script");
  await rita.getByRole("dialog").getByRole("button", { name: "Make token" }).click();
  const token = await copied(rita, rita.getByRole("main"), "Copy token");
  const session = z.looseObject({ me: z.looseObject({ name: z.string() }) });
  expect((await tokenApi(token).get("/api/v1/session", session)).me.name).toBe(PERSON.name);

  const platform = await as("platform");
  await platform.goto("/admin/users");
  await platform.getByRole("searchbox").fill("rita");
  await platform.getByRole("button", { name: `Disable ${PERSON.name}` }).click();
  await confirm(platform, "Disable person");
  await expect(platform.getByRole("button", { name: `Enable ${PERSON.name}` })).toBeVisible();
  expect((await tokenApi(token).refused("GET", "/api/v1/session")).status).toBe(401);
  await rita.goto("/datasets");
  await expect(rita).toHaveURL(/\/sign-in/);
  await rita.context().close();

  await platform.goto("/settings/tokens");
  await platform.getByRole("button", { name: "New token" }).first().click();
  await platform.getByRole("dialog").getByLabel("Name", { exact: true }).fill("rollout bot");
  await platform.getByRole("dialog").getByRole("button", { name: "Make token" }).click();
  const bot = await copied(platform, platform.getByRole("main"), "Copy token");
  await platform.getByRole("button", { name: "Revoke rollout bot" }).click();
  await confirm(platform, "Revoke token");
  await expect.poll(async () => (await tokenApi(bot).send("GET", "/api/v1/session")).status).toBe(401);
});
