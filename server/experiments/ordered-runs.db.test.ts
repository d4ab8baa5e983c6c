import { eq } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runs } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { createExperiment, createRun, deleteRun, logBatch, searchRuns } from "./index";
import { listRuns } from "./list-queries";
import { memberOf } from "./testing";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
const ada = () => ({ actor: memberOf("team_order"), db: database.db });

interface Made {
  id: string;
  startMs: number;
  name: string;
  metrics: Record<string, number>;
  params: Record<string, string>;
}

const VALUES = [Number.NaN, Infinity, -Infinity, -0.5, 0, 0, 1, 1, 1, 2.25];
const TEXTS = ["10", "9", "a", "B", "é", `${"long ".repeat(60)}end`, "-1"];

async function someRuns(count: number, experimentIds: string[]): Promise<Made[]> {
  const made: Made[] = [];
  for (let n = 0; n < count; n += 1) {
    const startMs = 1_000 + (n % 4);
    const experimentId = experimentIds[n % experimentIds.length];
    const runName = `run ${n % 5}`;
    // oxlint-disable no-await-in-loop -- one after another, so that ids are in order
    const run = await createRun.execute(ada(), { experimentId, startMs, runName });
    const metrics: Record<string, number> = {};
    if (n % 7 !== 0) metrics.acc = VALUES[(n * 3) % VALUES.length] ?? 0;
    if (n % 3 !== 0) metrics.loss = n % 6;
    const params: Record<string, string> = n % 5 === 0 ? {} : { lr: TEXTS[n % TEXTS.length] ?? "" };
    await logBatch.execute(ada(), {
      runId: run.id,
      metrics: Object.entries(metrics).map(([key, value]) => ({ key, value: String(value), timestamp: 1 })),
      params: Object.entries(params).map(([key, value]) => ({ key, value })),
    });
    // oxlint-enable no-await-in-loop
    made.push({ id: run.id, startMs, name: runName, metrics, params });
  }
  return made;
}

/** A value's place as MLflow orders it: numbers first whichever way, then NaN, then what is missing. */
const rank = (value: unknown) =>
  value === undefined ? 2 : typeof value === "number" && Number.isNaN(value) ? 1 : 0;
const bytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
function compare(a: unknown, b: unknown, descending: boolean): number {
  const ranks = rank(a) - rank(b);
  if (ranks !== 0 || rank(a) !== 0) return ranks;
  const way =
    typeof a === "string" && typeof b === "string"
      ? bytes(a, b)
      : a === b
        ? 0
        : Number(a) < Number(b)
          ? -1
          : 1;
  return descending ? -way : way;
}
const VALUE_OF: Record<string, (run: Made) => unknown> = {
  "metrics.acc": (run) => run.metrics.acc,
  "metrics.loss": (run) => run.metrics.loss,
  "params.lr": (run) => run.params.lr,
  "attributes.start_time": (run) => run.startMs,
  "attributes.run_name": (run) => run.name,
  "tags.`mlflow.runName`": (run) => run.name,
};
function inOrder(all: readonly Made[], terms: readonly string[]): string[] {
  const by = terms.map((term) => ({
    of: VALUE_OF[term.replace(/ (ASC|DESC)$/, "")] ?? (() => undefined),
    descending: term.endsWith("DESC"),
  }));
  return all
    .toSorted((a, b) => {
      const first = by
        .map(({ of, descending }) => compare(of(a), of(b), descending))
        .find((way) => way !== 0);
      return first ?? (b.startMs - a.startMs || bytes(a.id, b.id));
    })
    .map((run) => run.id);
}

async function allPages(orderBy: string[], experimentIds: string[], maxResults: number): Promise<string[]> {
  const seen: string[] = [];
  let pageToken: string | undefined;
  do {
    // oxlint-disable-next-line no-await-in-loop -- each page says where the next begins
    const page = await searchRuns.execute(ada(), { experimentIds, orderBy, maxResults, pageToken });
    seen.push(...page.items.map((run) => run.id));
    pageToken = page.nextCursor ?? undefined;
  } while (pageToken);
  return seen;
}

it("runs come in MLflow's order, each once, whatever the terms and the size of the pages", async () => {
  const experimentIds = await Promise.all(
    ["one", "two"].map(async (name) => String((await createExperiment.execute(ada(), { name })).id)),
  );
  const all = await someRuns(60, experimentIds);
  const [gone] = all.splice(17, 1);
  await deleteRun.execute(ada(), { runId: gone?.id ?? "" });
  const term = fc
    .tuple(fc.constantFrom(...Object.keys(VALUE_OF)), fc.constantFrom("ASC", "DESC"))
    .map((parts) => parts.join(" "));
  const single = Object.keys(VALUE_OF).flatMap((name) => [[`${name} ASC`], [`${name} DESC`]]);
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.constantFrom(...single), fc.array(term, { maxLength: 3 })),
      fc.integer({ min: 1, max: 25 }),
      async (terms, size) => {
        expect(await allPages(terms, experimentIds, size)).toEqual(inOrder(all, terms));
      },
    ),
    { numRuns: 40, examples: single.map((terms): [string[], number] => [terms, 7]) },
  );
  const [experimentId = ""] = experimentIds;
  const mine = await database.db
    .select()
    .from(runs)
    .where(eq(runs.experimentId, Number(experimentId)));
  const here = all.filter((run) => mine.some((row) => row.id === run.id));
  const list = await listRuns.execute(ada(), { experimentId, orderBy: "metrics.acc DESC", limit: 200 });
  expect(list.items.map((run) => run.id)).toEqual(inOrder(here, ["metrics.acc DESC"]));
  const filter = "metrics.loss >= 2 and params.lr != 'a'";
  const some = await listRuns.execute(ada(), { experimentId, filter, orderBy: "metrics.acc", limit: 200 });
  const kept = here.filter((run) => (run.metrics.loss ?? -1) >= 2 && (run.params.lr ?? "a") !== "a");
  expect(some.items.map((run) => run.id)).toEqual(inOrder(kept, ["metrics.acc ASC"]));
});
