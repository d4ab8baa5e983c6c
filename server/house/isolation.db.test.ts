import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { migrateDatabase } from "@/db/migrate";
import { memberships, teams, users } from "@/db/schema";
import { createEmptyDatabase, restoreState, stateNames, type TestDatabase } from "@/db/testing";
import { TEAM_ROLES, type Actor } from "@/server/core/actor";
import { can, PERMISSIONS, type Rule } from "@/server/core/authz/permissions";
import { isAppError } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { transaction } from "@/server/core/tell";
import { allVerbs, type Verb } from "@/server/core/verb";
import "@/server/compute/actions";
import "@/server/identity/actions";
import { restRoutes } from "./rest-routes";
import { appRouter } from "./router";
import { foreignTeam, type ForeignTeam } from "./testing/foreign-team";
import { idsOf, noteTouchedRows, touchedRows } from "./testing/touched-rows";
import { EXAMPLES, type Example } from "./testing/verb-examples";

/** People of another team than the demo's: one of each role, and a platform administrator. */
const INTRUDERS = [...TEAM_ROLES, "platform"] as const;
const ID = /\b(?:[a-z]+_|m-)[0-9a-f]{32}\b/g;

let database: TestDatabase;
let foreign: ForeignTeam;
let theirs: Set<string>;
const intruders = new Map<string, Actor>();

async function makeIntruders(): Promise<void> {
  const teamId = newId("team");
  await database.db.insert(teams).values({ id: teamId, name: "Intruders", slug: "intruders" });
  for (const name of INTRUDERS) {
    const userId = newId("user");
    const isPlatformAdmin = name === "platform";
    const role = name === "platform" ? "admin" : name;
    const email = `${name}@intruders.example`;
    await database.db.insert(users).values({ id: userId, name, email, isPlatformAdmin });
    await database.db.insert(memberships).values({ teamId, userId, role });
    const actor: Actor = { kind: "user", userId, name, teamId, teamSlug: "intruders", role, isPlatformAdmin };
    intruders.set(name, actor);
  }
}

beforeAll(async () => {
  // Where nothing may be registered, the address is refused before the model is looked for.
  process.env.MODELWORKS_ENDPOINT_HOSTS = "models.example.org";
  database = await createEmptyDatabase();
  const [state = ""] = stateNames();
  await restoreState(database.ownerUrl, state);
  await migrateDatabase(database.ownerUrl);
  foreign = await foreignTeam(database.db);
  theirs = await idsOf(database.db, foreign.team);
  await makeIntruders();
  await noteTouchedRows(database.ownerUrl);
});
afterAll(async () => {
  delete process.env.MODELWORKS_ENDPOINT_HOSTS;
  await database.close();
});

const idsIn = (text: string) => [...new Set(text.match(ID))].filter((id) => theirs.has(id));
const textOf = (value: unknown) =>
  JSON.stringify(value, (_key, each: unknown) => (typeof each === "bigint" ? String(each) : each)) ?? "";

interface Told {
  outcome: string;
  /** What the refusal says. */
  words: string;
  ids: string[];
  rows: string[];
}

/** Words without the names that they were asked about. */
const generally = (words: string, { experiment, ...rest }: ForeignTeam) =>
  [`experiment ${experiment} `, ...Object.values(rest)]
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, name) => text.replaceAll(name, "…"), words);

class Undone extends Error {}

/** Executes the verb in a transaction that is undone: how it ended, which of their ids it told, and which of their rows it touched. */
async function tell(verb: Verb, actor: Actor, input: unknown): Promise<Told> {
  let told: Told | undefined;
  const outcomeOf = (error: unknown) =>
    isAppError(error) && error.code !== "internal" ? error.code : `broke: ${String(error)}`;
  const undone = transaction(database.db, async (tx) => {
    // What a verb without a transaction of its own wrote before it failed would stay, so it is looked at.
    const ended =
      verb.definition.transactional === false
        ? verb.execute({ actor, db: tx }, input)
        : transaction(tx, (db) => verb.execute({ actor, db }, input));
    const { outcome, words, ids } = await ended.then(
      (value) => ({ outcome: "answered", words: "", ids: idsIn(textOf(value)) }),
      (error: unknown) => ({ outcome: outcomeOf(error), words: String(error), ids: idsIn(String(error)) }),
    );
    const rows = (await touchedRows(tx)).filter(({ row }) => idsIn(row).length > 0).map(({ what }) => what);
    told = { outcome, words, ids, rows };
    throw new Undone();
  });
  await undone.catch((error: unknown) => {
    if (!(error instanceof Undone)) throw error;
  });
  if (!told) throw new Error(`${verb.definition.name} was not told.`);
  return told;
}

const ruleOf = ({ definition }: Verb): Rule => PERMISSIONS[definition.permission];

/** Platform administrators look after all teams. */
const isForAllTeams = (verb: Verb, actor: Actor, example: Example) =>
  actor.isPlatformAdmin && (ruleOf(verb).platform === true || example.byPlatform !== undefined);

/** The names of things that never were, in the form of those that are. */
const nowhere = (): ForeignTeam => {
  const other = (value: string) =>
    value.replaceAll(/[0-9a-f]{32,64}/g, (digits) => "0".repeat(digits.length)).replace(/^\d+$/, "987654321");
  const isName = (value: string) => /^[a-z][a-z-]*$/.test(value);
  const entries = Object.entries(foreign).map(([key, value]: [string, string]) => [
    key,
    isName(value) ? `no-${value}` : other(value),
  ]);
  return { ...foreign, ...Object.fromEntries(entries) };
};

describe("what one team has", () => {
  it("is asked for by every verb: a new one brings an example", () => {
    expect(restRoutes.length + Object.keys(appRouter).length).toBeGreaterThan(100);
    const verbs = allVerbs().map(({ definition }) => definition.name);
    expect(verbs.filter((name) => !EXAMPLES[name])).toEqual([]);
    expect(Object.keys(EXAMPLES).filter((name) => !verbs.includes(name))).toEqual([]);
  });

  it("would be noticed if it were told or touched", async () => {
    const [get, archive] = ["datasets.dataset.get", "datasets.dataset.archive"].map((name) =>
      allVerbs().find(({ definition }) => definition.name === name),
    );
    if (!get || !archive) throw new Error("The verbs are gone.");
    const admin = intruders.get("admin");
    if (!admin) throw new Error("There is no admin.");
    // As if the border were missing: the same person, in their team.
    const inside = { ...admin, teamId: foreign.team };
    expect((await tell(get, inside, { slug: foreign.dataset })).ids).toContain(foreign.datasetId);
    expect((await tell(archive, inside, { slug: foreign.dataset })).rows).toContain("UPDATE datasets");
  });

  it.each(allVerbs().map((verb) => [verb.definition.name, verb] as const))(
    "is closed to %s",
    async (name, verb) => {
      const example = EXAMPLES[name];
      if (!example) throw new Error(`${name} has no example (server/house/testing/verb-examples.ts).`);
      const input = example.input(foreign);
      const fits = verb.definition.input.safeParse(input);
      expect(fits.error?.issues ?? []).toEqual([]);
      const may = Object.keys(example.adds ?? {});
      for (const [role, actor] of intruders) {
        if (isForAllTeams(verb, actor, example)) continue;
        const isAllowed = can(actor, verb.definition.permission).allowed;
        const told = await tell(verb, actor, input);
        const expected = isAllowed ? (example.refusal ?? told.outcome) : "forbidden";
        // What the caller said is no news to the caller.
        const news = told.ids.filter((id) => !textOf(input).includes(id));
        const rows = told.rows.filter((row) => !may.includes(row));
        expect({ role, outcome: told.outcome, news, rows }, told.words).toEqual({
          role,
          outcome: expected,
          news: [],
          rows: [],
        });
        expect(told.outcome).not.toMatch(/^broke/);
        if (isAllowed && example.refusal) {
          const none = nowhere();
          const absent = await tell(verb, actor, example.input(none));
          expect(generally(told.words, foreign)).toBe(generally(absent.words, none));
        }
      }
    },
  );
});
