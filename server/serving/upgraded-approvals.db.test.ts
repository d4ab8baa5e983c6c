import fs from "node:fs/promises";
import path from "node:path";
import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { migrateDatabase } from "@/db/migrate";
import { alerts, modelVersions, notifications, publicKeys, reviews } from "@/db/schema";
import { createEmptyDatabase, restoreState, type TestDatabase } from "@/db/testing";
import { systemActor } from "@/server/core/actor";
import { createCtx } from "@/server/core/context";
import { env } from "@/server/core/env";
import { syncBuiltInPolicies } from "@/server/governance";
import { SCANNER } from "@/server/governance/scan";
import { useTemporaryHome } from "@/server/governance/testing";
import { watchApprovals } from "@/server/monitoring/watches/watch-approvals";
import { judge } from "@/server/registry/qualify/qualify-version";
import { staleVersions } from "@/server/registry/rejudge";
import { admissionOf } from "./admission";

/**
 * A demo of the release before models were tried and before the scanner of now: what people approved and what serves stays so, when every
 * version is judged again by the newer policy `contract`.
 */

const DAY = 86_400_000;
const at = (days: number) => new Date(Date.now() + days * DAY);

let database: TestDatabase;
let removeHome: () => Promise<void>;
let team: string;
beforeEach(async () => {
  removeHome = await useTemporaryHome();
  database = await createEmptyDatabase();
  await restoreState(database.ownerUrl, "2026-11-28");
  await migrateDatabase(database.ownerUrl);
  team = (await database.db.select().from(modelVersions))[0]?.teamId ?? "";
  await trustKeysOfThen();
});
afterEach(async () => {
  await database.close();
  await removeHome();
});

/** The demo's own keys are not kept: what it signed counts here as what a rotated key signed. */
async function trustKeysOfThen(): Promise<void> {
  const rows = await database.db.select().from(publicKeys);
  const folder = path.join(env().home, "keys");
  await fs.mkdir(folder, { recursive: true });
  const former = rows.map(({ keyId, purpose, algorithm, pem, validFrom }) => ({
    keyId,
    purpose,
    algorithm,
    publicKeyPem: pem,
    validFrom: validFrom.toISOString(),
    validUntil: at(0).toISOString(),
  }));
  await fs.writeFile(path.join(folder, "former-keys.json"), JSON.stringify(former));
}

const ctxAt = (days = 0) => createCtx({ actor: systemActor(team), db: database.db, now: () => at(days) });

/** As the worker does; files were scanned and models tried before, with this outcome. */
async function judgedAgain(days: number, state: "answered" | "refused"): Promise<number> {
  const stale = await staleVersions(database.db, at(days));
  for (const { versionId, trigger, reasonId } of stale) {
    const found = {
      trial: { runtime: "any", requestDigest: "any", state, message: "It was tried.", latencyMs: 1 },
      scan: { scannerVersion: SCANNER.version, listDigest: SCANNER.listDigest },
    };
    await database.db.execute(sql`
      update model_versions set evidence = evidence
        || jsonb_build_object('trial', ${JSON.stringify(found.trial)}::jsonb || jsonb_build_object('weightsDigest', weights_digest))
        || jsonb_build_object('scan', evidence -> 'scan' || ${JSON.stringify(found.scan)}::jsonb)
      where id = ${versionId}`);
    await judge(ctxAt(days), {
      versionId,
      trigger,
      eventId: `${reasonId} ${state}`,
      requestedBy: "system",
      force: true,
      storedEvidence: true,
    });
  }
  return stale.length;
}

const approvals = async () =>
  (await database.db.select().from(reviews).orderBy(reviews.id)).map(({ state }) => state);
/** Of the version that serves in production, and of its canary. */
async function admitted(days: number, asServing: boolean): Promise<boolean[]> {
  const versions = await database.db.select().from(modelVersions).orderBy(modelVersions.number);
  const found = [];
  for (const { id } of versions.slice(0, 2))
    found.push((await admissionOf(database.db, id, "production", { asServing, now: at(days) })).admitted);
  return found;
}
const told = () => database.db.select().from(notifications);
async function alarms(days: number): Promise<string[]> {
  for (const { id } of (await database.db.execute<{ id: string }>(sql`select id from deployments`)).rows)
    await watchApprovals(ctxAt(days), id);
  return (await database.db.select().from(alerts))
    .filter(({ state, kind }) => state === "firing" && /approval|policy/.test(kind))
    .map(({ kind }) => kind);
}

describe("what an earlier release served and approved", () => {
  it("stays admitted and approved, and nobody is told anything, where its models answer", async () => {
    expect((await syncBuiltInPolicies(ctxAt())).added).toEqual([
      { key: "contract", version: 2, digest: expect.any(String) },
    ]);
    const before = await told();
    expect(await admitted(0, false)).toEqual([true, true]);
    expect(await judgedAgain(0, "answered")).toBe(3);
    expect(await judgedAgain(0, "answered")).toBe(0);
    expect(await approvals()).toEqual(["approved", "approved", "open"]);
    await judgedAgain(30, "answered");
    expect(await approvals()).toEqual(["approved", "approved", "open"]);
    for (const days of [0, 30])
      for (const asServing of [true, false]) expect(await admitted(days, asServing)).toEqual([true, true]);
    expect(await told()).toEqual(before);
    expect(await alarms(30)).toEqual([]);
  });

  it("serves on where a model does not answer; people are told of the grace, and of its end", async () => {
    await syncBuiltInPolicies(ctxAt());
    await judgedAgain(0, "refused");
    expect(await approvals()).toEqual(["approved", "approved", "open"]);
    expect(await admitted(0, false)).toEqual([true, true]);
    expect(await alarms(0)).toEqual(["policy-grace", "policy-grace"]);

    await judgedAgain(8, "refused");
    expect(await approvals()).toEqual(["void", "void", "void"]);
    expect(await admitted(8, false)).toEqual([false, false]);
    expect(await admitted(8, true)).toEqual([true, true]);
    expect(await alarms(8)).toEqual(["approval", "approval"]);
  });
});
