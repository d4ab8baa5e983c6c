import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import { Readable } from "node:stream";
import { and, eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { deployments, modelCards, modelVersionFiles, modelVersions, rollouts } from "@/db/schema";
import { createTestDatabase, waitFor, type TestDatabase } from "@/db/testing";
import { externalModel } from "@/server/adapters/model-runtime/onnx/testing-hostile-models";
import { linearModel } from "@/server/adapters/model-runtime/onnx/testing-model";
import { makeRuntime } from "@/server/adapters/model-runtime/testing";
import type { ObjectStore } from "@/server/adapters/object-store/port";
import { openLocalSigners, revokeKey, rotateKey } from "@/server/adapters/signer";
import { attestorSigner, objectStore, trustedAttestorKeys } from "@/server/composition";
import { makePerson, makeTeam, prepareHome } from "@/server/compute/testing";
import { systemActor, type Actor } from "@/server/core/actor";
import { createCtx } from "@/server/core/context";
import { digestOf, manifestDigest } from "@/server/core/digest";
import { newId } from "@/server/core/ids";
import { inTransaction } from "@/server/core/verb";
import { attest, PREDICATE_TYPES } from "@/server/governance";
import { loadBuiltInPolicies, parsePolicyDocument } from "@/server/governance/cel";
import { storePolicy } from "@/server/governance/gates/sync-policies";
import { rollBack } from "../control-rollout";
import { deploy } from "../deploy";
import { ServingReport } from "../gateway-report";
import { makeModel, PLAN, prove, type TestVersion } from "../testing";
import { RouteFollower } from "./route-follower";
import { routeKey, type Route } from "./routes";

let database: TestDatabase;
let home: string;
let ada: Actor;

beforeAll(async () => {
  database = await createTestDatabase();
  home = prepareHome(database.url);
});
afterAll(async () => {
  await database.close();
  await fs.rm(home, { recursive: true });
});
beforeEach(async () => {
  ada = await makePerson(database.db, await makeTeam(database.db, newId("team")), "Ada");
});

const caller = () => ({ actor: ada, db: database.db });
const running: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of running.splice(0)) await stop();
});

/** A gateway that has just started, with processes of its own: it knows nothing of what another admitted. It looks only when told to. */
async function started({ keys = trustedAttestorKeys, store = objectStore(), waits = true } = {}) {
  const runtime = makeRuntime();
  const follower = new RouteFollower({
    db: database.db,
    store,
    runtime,
    attestorKeys: keys,
    pollMs: 2 ** 30,
  });
  running.push(async () => {
    await follower.stop();
    await runtime.close();
  });
  await waitFor(() => (waits ? follower.isReady : follower.knowsRoutes), { what: "the gateway is ready" });
  return { follower, runtime };
}

/** Real files in the store; the first is the weights, and the version is sealed by all their digests. */
async function seal(version: TestVersion, files: Record<string, Uint8Array>): Promise<void> {
  const stored = [];
  for (const [path, bytes] of Object.entries(files)) {
    const { digest, sizeBytes } = await objectStore().put(Readable.from([bytes]));
    stored.push({ path, digest, sizeBytes });
  }
  version.manifestDigest = manifestDigest(stored);
  await database.db
    .update(modelVersions)
    .set({ manifestDigest: version.manifestDigest, weightsDigest: stored[0]?.digest })
    .where(eq(modelVersions.id, version.id));
  await database.db
    .insert(modelVersionFiles)
    .values(stored.map((file) => ({ ...file, versionId: version.id })));
}

/** Versions of one model, sealed with these files and proven for production. */
async function versions(actor: Actor, ...contents: Record<string, Uint8Array>[]) {
  const made = await makeModel(database.db, actor, contents.length);
  for (const [index, version] of made.entries()) {
    await seal(version, contents[index] ?? {});
    await prove(database.db, actor, version, "production");
  }
  return made;
}

let linearModels = 0;
/** Another file each time, so that no test finds what one before it has stored or loaded. */
const linear = (first: number) => ({ "model.onnx": linearModel([first, -1, (linearModels += 1) / 1024]) });

async function canary(actor = ada) {
  const [first, second] = await versions(actor, linear(1), linear(2));
  if (!first || !second) throw new Error("no versions");
  const target = { model: first.model, environment: "production" as const };
  const asActor = { actor, db: database.db };
  await deploy.execute(asActor, { ...target, version: 1 });
  const { name } = await deploy.execute(asActor, { ...target, version: 2, plan: PLAN });
  const [row] = await database.db
    .select()
    .from(deployments)
    .where(and(eq(deployments.teamId, actor.teamId), eq(deployments.name, name)));
  if (!row) throw new Error("no deployment");
  return { first, second, name, id: row.id, key: routeKey(actor.teamId, name) };
}

const editCard = (versionId: string) =>
  database.db.insert(modelCards).values({ versionId, digest: digestOf("edited"), updatedBy: ada.userId });

/** A store whose reading of one blob waits until it is let go. */
function storeThatHolds(digest: string) {
  const store = objectStore();
  let letGo: () => void = () => undefined;
  let isAsked = false;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const get: ObjectStore["get"] = async (wanted, options) => {
    if (wanted === digest) {
      isAsked = true;
      await held;
    }
    return store.get(wanted, options);
  };
  const holding = Object.assign(Object.create(store) as ObjectStore, { get });
  return { store: holding, letGo, isHeld: () => isAsked };
}

it("serves both arms, and keeps what runs when an approval ends; a restart keeps the stable version alone", async () => {
  const { first, second, key, id } = await canary();
  const { follower } = await started();
  const both = {
    stable: { id: first.id },
    canary: { id: second.id },
    // Loaded before its first request: the rollout starts when every gateway serves it.
    sharePercent: 0,
    refusals: [],
  };
  expect(follower.routes.get(key)).toMatchObject(both);
  expect(follower.report()[id]).toMatchObject({
    stable: { versionId: first.id, state: "ready", reason: "" },
    canary: { versionId: second.id, state: "ready" },
    answering: first.id,
  });
  await editCard(first.id);
  await editCard(second.id);
  await database.db.update(deployments).set({ generation: 99 }).where(eq(deployments.id, id));
  follower.look("*");
  await waitFor(() => follower.routes.get(key)?.generation === 99, { what: "another look" });
  expect(follower.routes.get(key)).toMatchObject(both);
  const restarted = (await started()).follower;
  expect(restarted.routes.get(key)).toMatchObject({ stable: { id: first.id }, canary: undefined });
  expect(restarted.routes.get(key)?.refusals).toEqual([
    expect.stringContaining(
      "The canary version is not served: its evidence is incomplete: approval: the model card changed",
    ),
  ]);
  expect(ServingReport.parse(restarted.report())[id]?.canary).toMatchObject({
    state: "failed",
    reason: expect.stringContaining("the model card changed"),
  });
});

it("serves nothing by another key than the pinned one, with other files, or with changed weights", async () => {
  const { first, key } = await canary();
  const stranger = await openLocalSigners(`${home}/theirs`);
  const foreign = (
    await started({ keys: async () => [stranger.attestation.publicKeyPem] })
  ).follower.routes.get(key);
  expect(foreign).toMatchObject({ stable: undefined, canary: undefined });
  expect(foreign?.refusals.join()).toContain("no signed verdict");

  const [version] = await database.db.select().from(modelVersions).where(eq(modelVersions.id, first.id));
  const set = (values: Partial<typeof modelVersions.$inferInsert>) =>
    database.db.update(modelVersions).set(values).where(eq(modelVersions.id, first.id));
  const refusals = async () => (await started()).follower.routes.get(key)?.refusals.join();
  await set({ manifestDigest: digestOf("other") });
  expect(await refusals()).toContain("does not match its manifest");
  await set({ manifestDigest: version?.manifestDigest, weightsDigest: digestOf("other weights") });
  expect(await refusals()).toContain("not part of its manifest");
  await set({ weightsDigest: version?.weightsDigest });
  const file = await objectStore().localPath(version?.weightsDigest ?? "");
  await fs.chmod(file, 0o600);
  await fs.appendFile(file, "x");
  const tampered = (await started()).follower.routes.get(key);
  expect(tampered).toMatchObject({ stable: undefined, canary: expect.anything() });
  expect(tampered?.refusals).toEqual([expect.stringContaining("do not have the digest that was attested")]);
});

it("goes on serving what a retired key signed, and stops what a revoked one signed, without a restart", async () => {
  const { first, second, key } = await canary();
  const target = { model: first.model, environment: "staging" as const };
  for (const version of [first, second]) await prove(database.db, ada, version, "staging");
  const { follower, runtime } = await started();
  const signed = await attestorSigner();
  const keys = `${home}/keys`;
  await rotateKey(keys, "attestor", new Date());
  const both = { stable: { id: first.id }, canary: { id: second.id }, refusals: [] };
  for (const each of [follower, (await started()).follower]) expect(each.routes.get(key)).toMatchObject(both);
  // The deploy verb asks the same keys.
  await deploy.execute(caller(), { ...target, version: 1 });
  // Judged and approved again, one of them no longer needs the old key.
  await prove(database.db, ada, first, "production");
  await revokeKey(keys, signed.keyId, "stolen", new Date());
  follower.look("*");
  await waitFor(() => follower.routes.get(key)?.canary === undefined, {
    what: "the revoked key's version stops",
  });
  for (const each of [follower, (await started()).follower]) {
    const route = each.routes.get(key);
    expect(route).toMatchObject({ stable: { id: first.id }, canary: undefined });
    expect(route?.refusals.join()).toContain("no signed verdict");
  }
  await waitFor(async () => (await runtime.usage()).every((use) => !use.key.endsWith(second.id)), {
    what: "its process ends",
  });
  expect((await runtime.usage()).some((use) => use.key.endsWith(first.id))).toBe(true);
  await expect(deploy.execute(caller(), { ...target, version: 2 })).rejects.toThrow(
    "not admitted to staging",
  );
});

it("stops what a revoked key signed, also when the look that noticed it failed half way", async () => {
  const { key } = await canary();
  const trusted = await trustedAttestorKeys();
  let revoked: "noticed" | "not yet" | undefined;
  let failures = 0;
  const keys = async () => {
    if (revoked === undefined) return trusted;
    if (revoked === "noticed" && failures > 0) {
      failures -= 1;
      throw new Error("the folder of keys could not be read");
    }
    revoked = "noticed";
    return [];
  };
  const { follower } = await started({ keys });
  const route = () => follower.routes.get(key);
  expect(route()).toMatchObject({ stable: expect.anything(), canary: expect.anything() });
  // Of each deployment the first question fails, of those of the tests before, too.
  failures = follower.routes.size;
  revoked = "not yet";
  follower.look("*");
  await waitFor(() => route()?.stable === undefined && route()?.canary === undefined, {
    what: "both versions stop",
  });
  expect(failures).toBe(0);
});

it("stops what a key signed that was revoked while the model was being loaded", async () => {
  const { first, key } = await canary();
  const [row] = await database.db.select().from(modelVersions).where(eq(modelVersions.id, first.id));
  const { store, letGo, isHeld } = storeThatHolds(row?.weightsDigest ?? "");
  const trusted = await trustedAttestorKeys();
  let isRevoked = false;
  const keys = async () => (isRevoked ? [] : trusted);
  const { follower } = await started({ keys, store, waits: false });
  const route = () => follower.routes.get(key);
  await waitFor(() => isHeld() && route()?.canary !== undefined, { what: "one is served, one is loading" });
  isRevoked = true;
  follower.look("*");
  await waitFor(() => route()?.canary === undefined, { what: "the loaded one stops" });
  letGo();
  await waitFor(() => follower.isReady, { what: "the other was loaded" });
  follower.look("*");
  await waitFor(() => route()?.stable === undefined, { what: "it stops too" });
  expect(route()?.refusals.join()).toContain("no signed verdict");
});

it("takes a rollback over while another deployment of the team is still being loaded", async () => {
  const ours2 = await canary();
  const [slow] = await versions(ada, linear(7));
  await deploy.execute(caller(), { model: slow?.model ?? "", version: 1, environment: "production" });
  const [row] = await database.db
    .select()
    .from(modelVersions)
    .where(eq(modelVersions.id, slow?.id ?? ""));
  const { store, letGo } = storeThatHolds(row?.weightsDigest ?? "");
  const { follower } = await started({ store, waits: false });
  const slowKey = routeKey(ada.teamId, slow?.model ?? "");
  const ours = () => follower.routes.get(ours2.key);
  await waitFor(() => ours()?.stable !== undefined && ours()?.canary !== undefined, {
    what: "both versions are loaded",
  });
  expect(follower.routes.get(slowKey)).toMatchObject({ stable: undefined });
  expect(follower.isReady).toBe(false);

  await rollBack.execute(caller(), { name: ours2.name, reason: "it is wrong" });
  follower.look(ours2.id);
  await waitFor(() => follower.routes.get(ours2.key)?.sharePercent === 0, { what: "the rollback" });
  // Nothing of it waited for the other.
  expect(follower.routes.get(slowKey)).toMatchObject({ stable: undefined });
  expect(follower.routes.get(ours2.key)).toMatchObject({ stable: { id: ours2.first.id } });
  letGo();
  await waitFor(() => follower.routes.get(slowKey)?.stable !== undefined, { what: "the slow one" });
  // Deployments of the tests before are followed, too.
  await waitFor(() => follower.isReady, { what: "all were tried" });
});

it("answers with the version before until the new one is loaded, and goes back to a warm one at once", async () => {
  const { first, second, key, id } = await canary();
  const stable = (versionId: string, previousVersionId: string | null) =>
    database.db
      .update(deployments)
      .set({ stableVersionId: versionId, previousVersionId })
      .where(eq(deployments.id, id));
  await database.db
    .update(rollouts)
    .set({ state: "rolled_back", finishedAt: new Date() })
    .where(eq(rollouts.deploymentId, id));
  const [row] = await database.db.select().from(modelVersions).where(eq(modelVersions.id, second.id));
  const { store, letGo } = storeThatHolds(row?.weightsDigest ?? "");
  const { follower, runtime } = await started({ store });
  await stable(second.id, first.id);
  follower.look(id);
  await waitFor(() => follower.report()[id]?.stable?.versionId === second.id, { what: "the new row" });
  expect(follower.report()[id]).toMatchObject({ stable: { state: "loading" }, answering: first.id });
  expect(follower.routes.get(key)).toMatchObject({ stable: { id: first.id } });
  letGo();
  await waitFor(() => follower.routes.get(key)?.stable?.id === second.id, { what: "the new version" });
  expect((await runtime.usage()).map((each) => each.key)).toContain(`${id}/${first.id}`);
  const before = (await runtime.usage()).map((each) => each.pid);
  await stable(first.id, second.id);
  follower.look(id);
  await waitFor(() => follower.routes.get(key)?.stable?.id === first.id, { what: "the version before" });
  expect((await runtime.usage()).map((each) => each.pid)).toEqual(before);
});

it("loses no change that is told while it looks", async () => {
  const { key, id } = await canary();
  const { follower } = await started();
  for (let generation = 100; generation < 120; generation += 1) {
    // A look is under way when the change commits, and the word of it comes before that look ends.
    follower.look(id);
    await database.db.update(deployments).set({ generation }).where(eq(deployments.id, id));
    follower.look(id);
  }
  await waitFor(() => follower.routes.get(key)?.generation === 119, { what: "the last change" });
  expect(follower.generations()[id]).toBe(119);
});

describe("external data", () => {
  const weights = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
  const x = { name: "x", datatype: "FP32" as const, shape: [4], data: Float32Array.of(0, 0, 0, 0) };

  async function served(files: Record<string, Uint8Array>) {
    const [version] = await versions(ada, files);
    const target = { model: version?.model ?? "", environment: "production" as const };
    const { name } = await deploy.execute(caller(), { ...target, version: 1 });
    const { follower, runtime } = await started();
    return { route: follower.routes.get(routeKey(ada.teamId, name)), runtime };
  }

  it("is read where the manifest lists it", async () => {
    const { route, runtime } = await served({
      "onnx/model.onnx": externalModel("parts/w.bin"),
      "onnx/parts/w.bin": weights,
    });
    expect(route?.refusals).toEqual([]);
    const [y] = await runtime.infer(route?.stable?.runtimeKey ?? "", [x]);
    expect(y?.data).toEqual(Float32Array.of(1, 2, 3, 4));
  });

  /** The model's own digest begins as the victim's does, so that both lie in one folder of the store. */
  function ground(hex: string): Uint8Array {
    for (let nonce = 0; ; nonce += 1) {
      const model = externalModel(hex.slice(2), String(nonce));
      if (createHash("sha256").update(model).digest("hex").startsWith(hex.slice(0, 2))) return model;
    }
  }

  it("never reads another team's blob, by name, by a path that climbs, or by an absolute one", async () => {
    const secret = new Uint8Array(Float32Array.of(5, 6, 7, 0.25).buffer);
    const { digest } = await objectStore().put(Readable.from([secret]));
    const hex = digest.replace("sha256:", "");
    const place = await objectStore().localPath(digest);
    for (const model of [
      ground(hex),
      externalModel(place),
      externalModel(`../${hex.slice(2)}`),
      externalModel(`../../../..${place}`),
    ]) {
      const { route } = await served({ "model.onnx": model });
      expect(route?.stable).toBeUndefined();
      expect(route?.refusals.join()).toContain("External data path");
      expect(route?.refusals.join()).not.toContain(home);
    }
  });
});

// Last, because the policies that it stores hold for all that comes after.
it("stops a version that a policy in force stops, in a running gateway and a new one, and serves it again when it passes", async () => {
  const { first, second, key } = await canary();
  const running = (await started()).follower;
  expect(running.routes.get(key)?.refusals).toEqual([]);
  const ctx = createCtx({ actor: systemActor(ada.teamId), db: database.db });
  const [contract] = (await loadBuiltInPolicies()).filter((each) => each.key === "contract");
  if (!contract) throw new Error("no policy");
  const put = (rule: string) => {
    const source = contract.text.replace(
      "onIndeterminate:",
      `grace: 0\n  onFallOut: ${rule}\n  onIndeterminate:`,
    );
    return inTransaction(ctx, (tx) =>
      storePolicy(tx, { key: "contract", source, document: parsePolicyDocument(source) }),
    );
  };
  const judge = (
    version: TestVersion,
    policy: { version: number; digest: string },
    verdict: "pass" | "fail",
  ) =>
    attest(ctx, {
      subject: { kind: "model_version", id: version.id, digest: version.manifestDigest, name: version.model },
      predicateType: PREDICATE_TYPES.policyEvaluation,
      predicate: {
        policy: {
          key: "contract",
          version: policy.version,
          digest: { sha256: policy.digest.replace(/^sha256:/, "") },
        },
        engine: { id: "test", version: "1" },
        inputs: [],
        verdict,
        rules: [],
        evaluatedOn: new Date().toISOString(),
      },
      label: "contract",
      result: verdict,
      dedupKey: `${version.id}/${policy.digest}/${verdict}`,
    });
  /** What the running gateway and one that starts now do, once they do it. */
  const bothDo = async (what: string, is: (route: Route | undefined) => boolean) => {
    running.look("*");
    const starting = (await started()).follower;
    const timeoutMs = 20_000;
    for (const each of [running, starting])
      await waitFor(() => is(each.routes.get(key)), { what, timeoutMs });
  };
  const stableIs = (id: string | undefined) => (route: Route | undefined) => route?.stable?.id === id;
  const WHY =
    /The stable version is not served: .*policy contract: fail; version 2 of the policy stops what it does not pass/;

  const held = await put("hold");
  if (!held) throw new Error("not stored");
  await judge(first, held, "fail");
  await bothDo("a policy that holds", stableIs(first.id));

  const stop = await put("stop");
  if (!stop) throw new Error("not stored");
  // Not judged yet: it serves on while the worker judges.
  await bothDo("a policy that was not judged", stableIs(first.id));
  await judge(first, stop, "fail");
  await judge(second, stop, "pass");
  await bothDo(
    "a policy that stops",
    (route) =>
      stableIs(undefined)(route) && route?.canary?.id === second.id && WHY.test(route.refusals.join()),
  );
  await judge(first, stop, "pass");
  await bothDo(
    "a version that passes again",
    (route) => stableIs(first.id)(route) && route?.refusals.length === 0,
  );
});
