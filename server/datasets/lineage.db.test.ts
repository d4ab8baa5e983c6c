import "@/server/house/rooms";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  datasets,
  datasetVersions,
  experiments,
  jobInputs,
  jobs,
  modelVersions,
  registeredModels,
  runInputs,
  runs,
} from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { systemActor } from "@/server/core/actor";
import { newId } from "@/server/core/ids";
import { versionLineage } from "./lineage-queries";

let database: TestDatabase;
const [teamId, strangerId] = [newId("team"), newId("team")];
const digest = `sha256:${"0".repeat(64)}`;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

async function addVersion(): Promise<string> {
  const [datasetId, id] = [newId("dataset"), newId("datasetVersion")];
  await database.db.insert(datasets).values({ id: datasetId, teamId, slug: id, name: "Data", ownerId: "" });
  await database.db.insert(datasetVersions).values({
    id,
    teamId,
    datasetId,
    number: 1,
    manifestDigest: digest,
    contentDigest: digest,
    schemaDigest: digest,
    canonicalisation: "mw-table-v1",
    format: "csv",
    rowCount: 1,
    sizeBytes: 1,
    columns: [],
    profile: [],
    preview: [],
    createdBy: "",
  });
  return id;
}

async function addJob(team: string, versionId: string): Promise<string> {
  const id = newId("job");
  await database.db.insert(jobs).values({
    id,
    teamId: team,
    name: "Train",
    spec: {},
    specDigest: digest,
    state: "succeeded",
    cpuMilli: 1,
    memoryBytes: 1,
    timeLimitSeconds: 1,
    createdBy: "",
  });
  await database.db
    .insert(jobInputs)
    .values({ jobId: id, name: "dataset", datasetVersionId: versionId, manifestDigest: digest });
  return id;
}

async function addRun(versionId: string): Promise<{ id: string; experimentId: number }> {
  const id = newId("run");
  const [experiment] = await database.db
    .insert(experiments)
    .values({ teamId, name: id, createdBy: "" })
    .returning({ id: experiments.id });
  const experimentId = experiment?.id ?? 0;
  await database.db
    .insert(runs)
    .values({ id, teamId, experimentId, name: "calm-otter", status: "FINISHED", userId: "", startMs: 1 });
  await database.db.insert(runInputs).values({
    runId: id,
    name: "d",
    digest: "x",
    sourceType: "",
    source: "",
    datasetVersionId: versionId,
  });
  return { id, experimentId };
}

async function addModel(name: string, from: { runId?: string; jobId?: string }): Promise<void> {
  const modelId = newId("model");
  await database.db.insert(registeredModels).values({ id: modelId, teamId, name, ownerId: "" });
  await database.db.insert(modelVersions).values({
    id: newId("version"),
    teamId,
    modelId,
    number: 1,
    source: "",
    ...from,
    createdBy: "",
    lastEditedBy: "",
  });
}

test("consumers are the jobs and runs that read a version and the models made from it, by name and page", async () => {
  const versionId = await addVersion();
  const jobId = await addJob(teamId, versionId);
  const run = await addRun(versionId);
  await addModel("by run", { runId: run.id });
  await addModel("by job", { jobId });
  await addModel("of other data", { runId: newId("run") });
  await addJob(strangerId, versionId);
  const caller = { actor: systemActor(teamId), db: database.db, requestId: "req_test" };
  const { upstream, downstream } = await versionLineage.execute(caller, { id: versionId });
  expect(upstream).toEqual([]);
  const seen = downstream.map(({ kind, label, href }) => `${kind} ${label} ${href ?? ""}`).toSorted();
  expect(seen).toEqual([
    `job Train /jobs/${jobId}`,
    "model_version by job v1 /models/by%20job/versions/1",
    "model_version by run v1 /models/by%20run/versions/1",
    `run calm-otter /experiments/${run.experimentId}/runs/${run.id}`,
  ]);
});
