import fs from "node:fs/promises";
import { Readable } from "node:stream";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { modelCards, modelVersionFiles, modelVersions } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { createOnnxRuntime } from "@/server/adapters/model-runtime/onnx/runtime";
import { linearModel } from "@/server/adapters/model-runtime/onnx/testing-model";
import type { ModelRuntime } from "@/server/adapters/model-runtime/port";
import { openLocalSigners } from "@/server/adapters/signer";
import { attestorSigner, objectStore } from "@/server/composition";
import { makePerson, makeTeam, prepareHome } from "@/server/compute/testing";
import type { Actor } from "@/server/core/actor";
import { digestOf, manifestDigest } from "@/server/core/digest";
import { newId } from "@/server/core/ids";
import { deploy } from "../deploy";
import { makeModel, PLAN, prove, type TestVersion } from "../testing";
import { RouteBuilder, routeKey } from "./routes";

let database: TestDatabase;
let home: string;
let runtime: ModelRuntime;
let ada: Actor;
let ours: string;

beforeAll(async () => {
  database = await createTestDatabase();
  home = prepareHome(database.url);
  runtime = createOnnxRuntime({ threads: 1 });
  ours = (await attestorSigner()).publicKeyPem;
});
afterAll(async () => {
  await runtime.close();
  await database.close();
  await fs.rm(home, { recursive: true });
});
beforeEach(async () => {
  ada = await makePerson(database.db, await makeTeam(database.db, newId("team")), "Ada");
});

const caller = () => ({ actor: ada, db: database.db });
/** A gateway that has just started: it knows nothing of what it admitted before. */
const started = (pem = ours) => new RouteBuilder(database.db, objectStore(), runtime, pem);

/** Real weights in the store, sealed by the digests of real files. */
async function seal(version: TestVersion, weights: number[]): Promise<void> {
  const { digest, sizeBytes } = await objectStore().put(Readable.from([linearModel(weights)]));
  const files = [{ path: "model.onnx", digest, sizeBytes }];
  version.manifestDigest = manifestDigest(files);
  await database.db
    .update(modelVersions)
    .set({ manifestDigest: version.manifestDigest, weightsDigest: digest })
    .where(eq(modelVersions.id, version.id));
  await database.db
    .insert(modelVersionFiles)
    .values(files.map((file) => ({ ...file, versionId: version.id })));
}

async function canary() {
  const [first, second] = await makeModel(database.db, ada, 2);
  if (!first || !second) throw new Error("no versions");
  for (const [index, version] of [first, second].entries()) {
    await seal(version, [Math.random(), -1, index]);
    await prove(database.db, ada, version, "production");
  }
  const target = { model: first.model, environment: "production" as const };
  await deploy.execute(caller(), { ...target, version: 1 });
  const { name } = await deploy.execute(caller(), { ...target, version: 2, plan: PLAN });
  return { first, second, key: routeKey(ada.teamId, name) };
}

const editCard = (versionId: string) =>
  database.db.insert(modelCards).values({ versionId, digest: digestOf("edited"), updatedBy: ada.userId });

it("serves both arms, and keeps what runs when an approval ends; a restart keeps the stable version alone", async () => {
  const { first, second, key } = await canary();
  const running = started();
  expect((await running.build()).get(key)).toMatchObject({
    stable: { id: first.id },
    canary: { id: second.id },
    // Loaded before its first request: the rollout starts when every gateway serves it.
    sharePercent: 0,
    refusals: [],
  });
  await editCard(first.id);
  await editCard(second.id);
  expect((await running.build()).get(key)).toMatchObject({
    stable: { id: first.id },
    canary: { id: second.id },
  });
  const restarted = (await started().build()).get(key);
  expect(restarted).toMatchObject({ stable: { id: first.id }, canary: undefined });
  expect(restarted?.refusals).toEqual([
    expect.stringContaining(
      "The canary version is not served: its evidence is incomplete: approval: the model card changed",
    ),
  ]);
});

it("serves nothing by another key than the pinned one, with other files, or with changed weights", async () => {
  const { first, key } = await canary();
  const stranger = await openLocalSigners(`${home}/theirs`);
  const foreign = (await started(stranger.attestation.publicKeyPem).build()).get(key);
  expect(foreign).toMatchObject({ stable: undefined, canary: undefined });
  expect(foreign?.refusals.join()).toContain("no signed verdict");

  const [version] = await database.db.select().from(modelVersions).where(eq(modelVersions.id, first.id));
  const set = (values: Partial<typeof modelVersions.$inferInsert>) =>
    database.db.update(modelVersions).set(values).where(eq(modelVersions.id, first.id));
  await set({ manifestDigest: digestOf("other") });
  expect((await started().build()).get(key)?.refusals.join()).toContain("does not match its manifest");
  await set({ manifestDigest: version?.manifestDigest, weightsDigest: digestOf("other weights") });
  expect((await started().build()).get(key)?.refusals.join()).toContain("not part of its manifest");
  await set({ weightsDigest: version?.weightsDigest });
  const file = await objectStore().localPath(version?.weightsDigest ?? "");
  await fs.chmod(file, 0o600);
  await fs.appendFile(file, "x");
  const tampered = (await started().build()).get(key);
  expect(tampered).toMatchObject({ stable: undefined, canary: expect.anything() });
  expect(tampered?.refusals).toEqual([expect.stringContaining("do not have the digest that was attested")]);
});
