import type { APIRequestContext } from "@playwright/test";
import { storageStateOf } from "../fixtures/people";
import { addressOf, VISITS } from "../fixtures/routes";
import { expect, test } from "../fixtures/test";

/** Time to the whole first document, and statements of a list; the bounds of the design. */
const DOCUMENT_MS = 300;
const LIST_STATEMENTS = 3;
/** Every request looks up who asks. */
const ACTOR_STATEMENTS = 1;

const ROUTES = [
  "/",
  "/jobs",
  "/datasets",
  "/models",
  "/experiments",
  "/experiments/[experimentId]/runs/[runId]",
  "/models/[name]/versions/[number]",
  "/deployments",
  "/monitoring",
  "/reviews",
  "/inbox",
];

/**
 * The procedure that fills each list, with the input that the list opens with. No alert is open here: the list of alerts is held to the same
 * bound beside its verb, where some are (`alert-verbs.db.test.ts`).
 */
const LISTS: Readonly<Record<string, object | undefined>> = {
  "compute.job.list": {},
  "compute.quota.requests": { states: [], scope: "team", cursor: null },
  "compute.template.list": undefined,
  "datasets.list": { classification: [], state: [], sort: "updatedAt", order: "desc", cursor: null },
  "experiments.list": { q: "", cursor: null },
  "registry.models": { q: "", cursor: null, sort: "updated" },
  "serving.list": { q: "", cursor: null },
  "monitoring.deployments": { q: "", window: "1h", cursor: null },
  "monitoring.alerts": { state: "open", cursor: null },
  "governance.reviews": { tab: "team", cursor: null },
  "governance.policies": undefined,
  "governance.logEntries": { cursor: null },
  "identity.teams": undefined,
  "identity.tokens": undefined,
  "identity.people": { cursor: null },
  "identity.audit": { cursor: null },
  "notifications.inbox": { cursor: null },
  "platform.work": { state: "dead", cursor: null },
};

/** Statements that the portal's process has sent since its start. */
async function statements(request: APIRequestContext): Promise<number> {
  const text = await (await request.get("/metrics")).text();
  const value = /^modelworks_sql_statements_total (\d+)/mu.exec(text)?.[1];
  if (value === undefined) throw new Error("The portal's /metrics has no modelworks_sql_statements_total.");
  return Number(value);
}

/** The smallest count of several: what else the portal does meanwhile can only add to it. */
async function statementsOf(request: APIRequestContext, ask: () => Promise<unknown>): Promise<number> {
  let fewest = Infinity;
  for (let round = 0; round < 3; round += 1) {
    // oxlint-disable no-await-in-loop -- one after the other: together they would count each other
    const before = await statements(request);
    await ask();
    fewest = Math.min(fewest, (await statements(request)) - before);
    // oxlint-enable no-await-in-loop
  }
  return fewest;
}

test("main routes answer in time", { tag: "@main" }, async ({ playwright, browser, baseURL }) => {
  for (const route of ROUTES) {
    // oxlint-disable no-await-in-loop -- one after the other: together they would measure each other
    const storageState = await storageStateOf(VISITS[route]?.persona ?? "scientist");
    const request = await playwright.request.newContext({ baseURL, storageState });
    const context = await browser.newContext({ baseURL, storageState });
    const page = await context.newPage();
    const address = (await addressOf(page, route)) ?? "/";
    const times: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      const begin = performance.now();
      const answer = await request.get(address);
      times.push(performance.now() - begin);
      expect(answer.status()).toBe(200);
    }
    const sorted = times.toSorted((a, b) => a - b);
    const count = await statementsOf(request, () => request.get(address));
    await context.close();
    await request.dispose();
    // oxlint-enable no-await-in-loop
    const [best = Infinity] = sorted;
    console.log(
      `${route.padEnd(44)} best ${Math.round(best)} ms, median ${Math.round(sorted[3] ?? 0)} ms, ${count} statements`,
    );
    expect.soft(best, `${route} in ms`).toBeLessThanOrEqual(DOCUMENT_MS);
  }
});

test("each list needs at most three statements", { tag: "@main" }, async ({ playwright, baseURL }) => {
  const request = await playwright.request.newContext({
    baseURL,
    storageState: await storageStateOf("platform"),
  });
  for (const [procedure, input] of Object.entries(LISTS)) {
    const query = input ? `?input=${encodeURIComponent(JSON.stringify({ json: input }))}` : "";
    const ask = async () => {
      const answer = await request.get(`/api/trpc/${procedure}${query}`);
      expect(answer.status(), `${procedure}: ${await answer.text()}`).toBe(200);
    };
    // oxlint-disable-next-line no-await-in-loop -- one after the other: together they would count each other
    const count = (await statementsOf(request, ask)) - ACTOR_STATEMENTS;
    console.log(`${procedure.padEnd(32)} ${count} statements`);
    expect.soft(count, `statements of ${procedure}`).toBeLessThanOrEqual(LIST_STATEMENTS);
  }
  await request.dispose();
});
