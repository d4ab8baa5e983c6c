import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { registerSubject } from "./reviews/subjects";
import { memberships, teams, users } from "@/db/schema";
import { sharedDb } from "@/db/client";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { systemActor, type Actor, type TeamRole } from "@/server/core/actor";
import { createCtx, type Caller, type Ctx } from "@/server/core/context";
import { newId } from "@/server/core/ids";

/** Fixtures of governance's own tests: a database, a home for keys, one team with people in every role and another team. */

export interface World extends TestDatabase {
  teamId: string;
  otherTeamId: string;
  /** A ctx of the system acting for the team. */
  system: (now?: Date) => Ctx;
  person: (role: TeamRole | undefined, options?: { teamId?: string }) => Promise<Person>;
}

export interface Person {
  id: string;
  actor: Actor;
  caller: Caller;
  token: Caller;
  ctx: () => Ctx;
}

/** Call before anything reads the settings: keys of the test live in their own folder. */
export async function useTemporaryHome(): Promise<() => Promise<void>> {
  const home = await fs.mkdtemp(path.join(os.tmpdir(), "mw-governance-"));
  process.env.MODELWORKS_HOME = home;
  return () => fs.rm(home, { recursive: true, force: true });
}

export async function createWorld(): Promise<World> {
  const removeHome = await useTemporaryHome();
  const test = await createTestDatabase({ max: 12 });
  // What opens the shared pool, such as the HTTP app, gets this database too.
  process.env.DATABASE_URL = test.url;
  const [teamId, otherTeamId] = [newId("team"), newId("team")];
  await test.db.insert(teams).values([
    { id: teamId, slug: "risk", name: "Risk" },
    { id: otherTeamId, slug: "growth", name: "Growth" },
  ]);
  const person: World["person"] = async (role, options = {}) => {
    const id = newId("user");
    const team = options.teamId ?? teamId;
    await test.db.insert(users).values({ id, email: `${id}@example.org`, name: `Person ${id.slice(-6)}` });
    if (role) await test.db.insert(memberships).values({ teamId: team, userId: id, role });
    const actor: Actor = {
      kind: "user",
      userId: id,
      name: `Person ${id.slice(-6)}`,
      teamId: team,
      teamSlug: "risk",
      role,
      isPlatformAdmin: false,
    };
    const caller: Caller = { actor, db: test.db };
    const token: Caller = {
      actor: { ...actor, kind: "token", tokenId: newId("token"), scopes: ["read", "write"] },
      db: test.db,
    };
    return { id, actor, caller, token, ctx: () => createCtx(caller) };
  };
  return {
    ...test,
    teamId,
    otherTeamId,
    person,
    system: (now) =>
      createCtx({ actor: systemActor(teamId), db: test.db, ...(now ? { now: () => now } : {}) }),
    close: async () => {
      if (process.env.DATABASE_URL === test.url) await sharedDb().close();
      await test.close();
      await removeHome();
    },
  };
}

const DIGEST = (letter: string) => `sha256:${letter.repeat(64)}`;

/** Evidence with which every built-in policy passes; tests take pieces away. */
export const goodEvidence = (): Record<string, Record<string, unknown>> => ({
  contract: {
    declared: true,
    signatureKnown: true,
    inputs: [{ name: "x", dtype: "float32", shape: [null, 10] }],
    outputs: [{ name: "y", dtype: "int64", shape: [null] }],
    mismatches: [],
    trial: { state: "answered", message: "It answered." },
    latencyBoundMs: 50,
    cpuMilli: 500,
    memoryBytes: 268_435_456,
  },
  provenance: {
    runId: "run_1",
    runStatus: "FINISHED",
    datasets: [{ name: "diabetes", version: 1, digest: DIGEST("1"), used: "training" }],
    codeCommit: "0123456789abcdef",
    environmentDigest: DIGEST("2"),
    files: [{ path: "model.onnx", digest: DIGEST("3") }],
  },
  card: { requiredFields: ["purpose"], missingFields: [], staleFields: [] },
  scan: {
    scannerVersion: "1.0.0",
    listDigest: DIGEST("4"),
    files: [{ path: "model.onnx", digest: DIGEST("3"), format: "onnx", verdict: "pass", findings: [] }],
    manifestFileCount: 1,
  },
  evaluation: {
    datasetDigest: DIGEST("5"),
    thresholdsFixedAt: "2026-01-01T00:00:00Z",
    runStartedAt: "2026-01-02T00:00:00Z",
    metrics: [{ name: "accuracy", value: 0.91, threshold: 0.8, direction: "at_least", sampleSize: 500 }],
    minimumSampleSize: 100,
  },
  fairness: {
    verdict: "pass",
    checks: [
      {
        metric: "demographic_parity",
        verdict: "pass",
        value: 0.02,
        threshold: 0.1,
        reason: "within the limit",
      },
    ],
    groups: [
      { group: "sex=0", n: 200 },
      { group: "sex=1", n: 240 },
    ],
  },
});

/** Makes `thing` a kind of subject that reviews can be about, with these digests now. */
export function registerThing(digestsNow: (id: string) => Record<string, string>): void {
  registerSubject("thing", {
    describe: async () => ({
      name: "thing",
      href: "/things",
      comparedWith: null,
      diff: [],
      affectedDeployments: [],
      blockers: [],
    }),
    currentDigests: async (_ctx, id) => digestsNow(id),
  });
}
