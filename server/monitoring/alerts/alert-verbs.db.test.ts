import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { systemActor, type Actor } from "@/server/core/actor";
import { createCtx } from "@/server/core/context";
import { sqlStatements } from "@/server/core/metrics";
import { makeDeployment, makePerson, makeTeam } from "../testing";
import { acknowledgeAlert } from "./acknowledge-alert";
import { listAlerts } from "./list-alerts";
import { raiseAlert } from "./raise-alert";
import { silenceAlerts } from "./silences";
import { tellAlerts } from "./telling/tell-alerts";

const KINDS = ["errors", "latency", "drift", "traffic", "serving"] as const;
/** The bound of every list. */
const LIST_STATEMENTS = 3;

let database: TestDatabase;
let owner: Actor;
const as = (actor: Actor) => ({ actor, db: database.db });

/** Five open alerts that were told, of which one is acknowledged and one is silenced. */
beforeAll(async () => {
  database = await createTestDatabase();
  owner = await makePerson(database.db, await makeTeam(database.db, "risk"), "member");
  const deployment = await makeDeployment(database.db, owner, "busy");
  const begin = Date.now();
  const at = (seconds: number) => (teamId: string) =>
    createCtx({
      actor: systemActor(teamId),
      db: database.db,
      now: () => new Date(begin + seconds * 1_000),
    });
  for (const [second, kind] of KINDS.entries())
    await raiseAlert(at(second)(owner.teamId), {
      fingerprint: `${kind}:${deployment.id}`,
      kind,
      severity: "critical",
      title: kind,
      body: "b",
      href: "/monitoring/busy",
      subject: { kind: "deployment", id: deployment.id },
      ownerId: owner.userId,
    });
  await tellAlerts(database.db, new Date(begin + 20_000), at(20));
  const { items } = await listAlerts.execute(as(owner), {});
  const idOf = (title: string) => items.find((alert) => alert.title === title)?.id;
  await acknowledgeAlert.execute(as(owner), { alertId: idOf("drift") });
  await silenceAlerts.execute(as(owner), { alertId: idOf("errors"), minutes: 60, reason: "known" });
});
afterAll(() => database.close());

async function statementsOf<T>(ask: () => Promise<T>): Promise<{ answer: T; count: number }> {
  const sent = async () => (await sqlStatements.get()).values[0]?.value ?? 0;
  const before = await sent();
  const answer = await ask();
  return { answer, count: (await sent()) - before };
}

it("needs no more statements than other lists, also while alerts are open, told and silenced", async () => {
  for (const input of [{}, { deployment: "busy" }, { limit: 2 }, { q: "nothing of this name" }]) {
    const { answer, count } = await statementsOf(() => listAlerts.execute(as(owner), input));
    expect(answer.total, JSON.stringify(input)).toBe("q" in input ? 0 : KINDS.length);
    expect(count, JSON.stringify(input)).toBeGreaterThan(0);
    expect(count, JSON.stringify(input)).toBeLessThanOrEqual(LIST_STATEMENTS);
  }
});

it("says on each page, and behind the last, how many there are", async () => {
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await listAlerts.execute(as(owner), { limit: 2, cursor });
    expect(page.total).toBe(KINDS.length);
    expect(page.items.every(({ history }) => history.length > 0)).toBe(true);
    seen.push(...page.items.map(({ title }) => title));
    cursor = page.nextCursor;
  } while (cursor);
  expect(seen).toEqual(KINDS.toReversed());
  const behind = Buffer.from(JSON.stringify(["2000-01-01T00:00:00.000000Z", "alr_0"])).toString("base64url");
  const { answer, count } = await statementsOf(() => listAlerts.execute(as(owner), { cursor: behind }));
  expect(answer).toMatchObject({ items: [], total: KINDS.length, nextCursor: null });
  expect(count).toBeLessThanOrEqual(LIST_STATEMENTS);
});
