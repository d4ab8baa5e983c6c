import { readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { auditLog, gpuFlavors, jobs, notifications, quotas } from "@/db/schema";
import { createTestDatabase, type TestDatabase, waitFor } from "@/db/testing";
import { isKept } from "@/server/adapters/cluster/local/testing";
import { cluster } from "@/server/composition";
import type { Actor } from "@/server/core/actor";
import { systemActor } from "@/server/core/actor";
import { env } from "@/server/core/env";
import { newId } from "@/server/core/ids";
import { admitJobs } from "./admit-jobs";
import { cancelJob, cancelJobs } from "./cancel-job";
import { decideQuota } from "./decide-quota";
import { dispatchJob } from "./dispatch-job";
import { expireQuotas } from "./expire-quotas";
import { getJob } from "./get-job";
import { findJobLog } from "./job-log";
import { stateCapacity } from "./ledger";
import { listJobs } from "./queries";
import { getQuota, getQuotaRequest, listQuotaRequests, previewQuota } from "./quota-queries";
import { requestQuota, withdrawQuotaRequest } from "./request-quota";
import type { DispatchJobInput } from "./schemas";
import { submitAttempt } from "./run-attempt";
import { setQuota } from "./set-quota";
import { makePerson, makeTeam, prepareHome } from "./testing";

let database: TestDatabase;
let ada: Actor;
let viewer: Actor;
let stranger: Actor;
let platform: Actor;
let other: Actor;
const MIB = 1024 ** 2;
const SMALL = { cpuMilli: 100, memoryBytes: 128 * MIB, gpuMilli: 0 };

beforeAll(async () => {
  database = await createTestDatabase();
  prepareHome(database.url);
  await stateCapacity(database.db, { cpu: 16_000, memory: 64 * 1024 * MIB });
  await database.db.insert(gpuFlavors).values({ name: "a100", title: "A100", capacityMilli: 2000 });
});
afterAll(() => database.close());
// A team of its own for each test: what one leaves does not weigh on the next.
beforeEach(async () => {
  const team = await makeTeam(database.db, newId("team"));
  ada = await makePerson(database.db, team, "Ada");
  viewer = await makePerson(database.db, team, "Vera", { role: "viewer" });
  platform = await makePerson(database.db, team, "Pia", { role: "admin", platform: true });
  other = await makePerson(database.db, team, "Otto", { role: "admin", platform: true });
  stranger = await makePerson(database.db, await makeTeam(database.db, newId("team")), "Sam");
});

const as = (actor: Actor) => ({ actor, db: database.db });
const dispatch = (extra: Partial<DispatchJobInput> = {}, actor = ada) =>
  dispatchJob.execute(as(actor), { name: "Test", command: ["true"], resources: SMALL, ...extra });
const tomorrow = () => new Date(Date.now() + 24 * 3600_000);
const ask = (actor = ada, amountMilli = 1000) =>
  requestQuota.execute(as(actor), {
    flavor: "a100",
    amountMilli,
    until: tomorrow(),
    why: "Training the ranking model",
  });
const approve = (id: string, actor = platform) =>
  decideQuota.execute(as(actor), { id, decision: "approve", reason: "Fits the plan" });
const actionsOf = async (id: string) =>
  (
    await database.db.select().from(auditLog).where(eq(auditLog.subjectId, id)).orderBy(auditLog.position)
  ).map((row) => row.action);
const code = (expected: string) => ({ code: expected });

describe("dispatching", () => {
  it("launches a template with its code pinned by digest, and refuses parameters with the field's name", async () => {
    const job = await dispatchJob.execute(as(ada), { template: { name: "diabetes-dataset" } });
    expect(job.spec.command).toEqual(["python", "make_dataset.py"]);
    expect(job.spec.requirements).toContain("scikit-learn");
    expect(job.spec.code?.files.map((file) => file.path)).toContain("make_dataset.py");
    expect(job.spec.code?.digest).toMatch(/^sha256:/);
    expect(await actionsOf(job.id)).toEqual(["compute.job.dispatch"]);
    await expect(
      dispatchJob.execute(as(ada), {
        template: { name: "tabular-classifier" },
        params: { threshold: 3, wrong: 1 },
      }),
    ).rejects.toMatchObject({
      code: "invalid",
      details: {
        fields: { "params.threshold": "is at most 1", "params.wrong": "is no parameter of this template" },
      },
    });
  });

  it("gives the same job for the same key, and refuses the key for another", async () => {
    const first = await dispatch({ dedupKey: "k1" });
    expect((await dispatch({ dedupKey: "k1" })).id).toBe(first.id);
    await expect(dispatch({ dedupKey: "k1", name: "Else" })).rejects.toMatchObject(code("conflict"));
    expect((await dispatch({ dedupKey: "k1" }, stranger)).id).not.toBe(first.id);
  });

  it("refuses at once what no quota could ever hold, and says what to do", async () => {
    await expect(dispatch({ resources: { ...SMALL, cpuMilli: 99_000 } })).rejects.toMatchObject({
      code: "quota_exceeded",
      details: {
        reason: "ExceedsMaxQuota",
        fields: { "resources.cpuMilli": "is more than the team's quota of 4 cores" },
      },
    });
    await expect(
      dispatch({ resources: { ...SMALL, gpuFlavor: "a100", gpuMilli: 500 } }),
    ).rejects.toMatchObject({ hint: "Ask for less, or request GPU quota under Quotas." });
  });

  it("is for members; a viewer is refused, and another team's dataset looks missing", async () => {
    await expect(dispatch({}, viewer)).rejects.toMatchObject(code("forbidden"));
    await expect(
      dispatch({ inputs: [{ name: "data", datasetVersionId: "dsv_elsewhere" }] }),
    ).rejects.toMatchObject({
      details: { fields: { "inputs.data": expect.stringContaining("there is no dataset version") } },
    });
  });
});

describe("another team", () => {
  it("sees nothing of a job: not in the list, not by id, not its log, and cannot cancel it", async () => {
    const job = await dispatch();
    expect((await listJobs.execute(as(stranger), {})).items).toEqual([]);
    const missing = code("not_found");
    await expect(getJob.execute(as(stranger), { id: job.id })).rejects.toMatchObject(missing);
    await expect(findJobLog.execute(as(stranger), { id: job.id })).rejects.toMatchObject(missing);
    await expect(cancelJob.execute(as(stranger), { id: job.id })).rejects.toMatchObject(missing);
    await expect(cancelJobs.execute(as(stranger), { ids: [job.id] })).rejects.toMatchObject(missing);
  });
});

describe("starting", () => {
  it("takes up an attempt that was handed over and not started before everything was stopped", async () => {
    const job = await dispatch();
    await admitJobs(database.db);
    const [attempt] = (await getJob.execute(as(ada), { id: job.id })).attempts;
    const attemptId = attempt?.id ?? "";
    const ended = () =>
      waitFor(async () => {
        const state = await cluster().observe(attemptId);
        return state?.endedAt ? state : undefined;
      });
    await submitAttempt(database.db, attemptId);
    await ended();
    const root = path.join(env().home, "jobs");
    const folder = path.join(root, "attempts", attemptId);
    await waitFor(() => !isKept(root, attemptId), { what: "the end of its keeper" });
    // As after a death between writing the specification and starting its keeper.
    for (const name of readdirSync(folder)) {
      if (name !== "spec.json") rmSync(path.join(folder, name), { recursive: true });
    }
    expect(await cluster().observe(attemptId)).toMatchObject({ phase: "starting" });
    await submitAttempt(database.db, attemptId);
    expect(await ended()).toMatchObject({ phase: "succeeded" });
    await cluster().remove(attemptId);
  });
});

describe("cancelling", () => {
  it("never starts what was cancelled between admission and start", async () => {
    const job = await dispatch();
    await admitJobs(database.db);
    await cancelJob.execute(as(ada), { id: job.id, reason: "typo" });
    const [attempt] = (await getJob.execute(as(ada), { id: job.id })).attempts;
    await submitAttempt(database.db, attempt?.id ?? "");
    expect(await getJob.execute(as(ada), { id: job.id })).toMatchObject({
      state: "cancelled",
      reasonText: "Cancelled by Ada: typo.",
      attempts: [{ state: "cancelled", startedAt: null }],
    });
    expect(await cluster().list()).toEqual([]);
  });

  it("ends a waiting job at once and asks an admitted one to end; twice asks once", async () => {
    const waiting = await dispatch();
    expect((await cancelJob.execute(as(ada), { id: waiting.id })).state).toBe("cancelled");
    const admitted = await dispatch();
    await admitJobs(database.db);
    const asked = await cancelJob.execute(as(ada), { id: admitted.id });
    expect(asked).toMatchObject({ state: "preparing", reason: "Cancelling" });
    const again = await cancelJob.execute(as(platform), { id: admitted.id });
    expect(again.cancelRequestedBy).toBe(ada.userId);
    expect(await cancelJobs.execute(as(ada), { ids: [waiting.id] })).toEqual({
      cancelled: [],
      leftAlone: [waiting.id],
    });
  });
});

describe("admission", () => {
  it("hands out quota once, however many look at the queue at the same time", async () => {
    const each = { ...SMALL, cpuMilli: 2000 };
    for (let index = 0; index < 5; index += 1) await dispatch({ resources: each });
    await Promise.all(Array.from({ length: 4 }, () => admitJobs(database.db)));
    const rows = await database.db.select().from(jobs).where(eq(jobs.teamId, ada.teamId));
    expect(rows.filter((row) => row.state === "preparing")).toHaveLength(2);
    expect(rows.filter((row) => row.reason === "WaitingForQuota")).toHaveLength(3);
  });

  it("says that a job can never start when the quota was cut below it, and lets others pass", async () => {
    const big = await dispatch({ resources: { ...SMALL, cpuMilli: 3000 } });
    await setQuota.execute(as(platform), { teamId: ada.teamId, resource: "cpu", amount: 500 });
    const small = await dispatch();
    await admitJobs(database.db);
    expect(await getJob.execute(as(ada), { id: big.id })).toMatchObject({
      state: "queued",
      reason: "ExceedsMaxQuota",
    });
    expect(await getJob.execute(as(ada), { id: small.id })).toMatchObject({ state: "preparing" });
  });
});

describe("a quota request", () => {
  it("is decided by another platform administrator, never by who asked", async () => {
    const own = await ask(platform);
    await expect(approve(own.id, platform)).rejects.toMatchObject({
      code: "forbidden",
      message: "You asked for this quota, so another platform administrator decides.",
    });
    await expect(approve(own.id, ada)).rejects.toMatchObject(code("forbidden"));
    const token: Actor = { ...other, kind: "token", scopes: ["admin", "write", "read"] };
    await expect(approve(own.id, token)).rejects.toMatchObject(code("forbidden"));
    const deciding: Actor = { ...token, scopes: ["review"] };
    await expect(approve(own.id, { ...deciding, isPlatformAdmin: false })).rejects.toMatchObject(
      code("forbidden"),
    );
    expect((await approve(own.id, deciding)).state).toBe("approved");
    await expect(approve(own.id, other)).rejects.toMatchObject(code("conflict"));
  });

  it("is applied at once, lets the waiting job start, and ends by itself with a notice", async () => {
    const request = await ask();
    const seen = await getQuotaRequest.execute(as(platform), { id: request.id });
    expect(seen.effect).toMatchObject({ capacity: 2000, promisedAfter: seen.effect.promised + 1000 });
    await approve(request.id);
    const job = await dispatch({ resources: { ...SMALL, gpuFlavor: "a100", gpuMilli: 1000 } });
    await admitJobs(database.db);
    expect((await getJob.execute(as(ada), { id: job.id })).state).toBe("preparing");
    expect(await expireQuotas(database.db)).toBe(0);
    await database.db
      .update(quotas)
      .set({ expiresAt: new Date(Date.now() - 1) })
      .where(eq(quotas.requestId, request.id));
    expect(await expireQuotas(database.db)).toBe(1);
    expect(await expireQuotas(database.db)).toBe(0);
    const line = (await getQuota.execute(as(ada), {})).lines.find((each) => each.resource === "gpu:a100");
    expect(line).toMatchObject({ quota: 0, used: 1000 });
    expect(await actionsOf(request.id)).toEqual([
      "compute.quota.request",
      "compute.quota.approve",
      "compute.quota.expire",
    ]);
    const inbox = await database.db.select().from(notifications).where(eq(notifications.userId, ada.userId));
    expect(inbox.map((notice) => notice.title).toSorted()).toEqual([
      "1 GPU of GPU a100: approved",
      "GPU quota expired",
    ]);
    await database.db.update(jobs).set({ state: "succeeded" }).where(eq(jobs.id, job.id));
  });

  it("is refused with bad input, and looks missing to another team", async () => {
    const bad = { flavor: "a100", amountMilli: 1000, until: tomorrow(), why: "Training the ranking model" };
    await expect(requestQuota.execute(as(ada), { ...bad, flavor: "h900" })).rejects.toMatchObject(
      code("invalid"),
    );
    await expect(requestQuota.execute(as(ada), { ...bad, until: new Date() })).rejects.toMatchObject(
      code("invalid"),
    );
    await expect(requestQuota.execute(as(ada), { ...bad, why: "pls" })).rejects.toMatchObject(
      code("invalid"),
    );
    await expect(requestQuota.execute(as(viewer), bad)).rejects.toMatchObject(code("forbidden"));
    const request = await ask();
    await expect(getQuotaRequest.execute(as(stranger), { id: request.id })).rejects.toMatchObject(
      code("not_found"),
    );
    await expect(withdrawQuotaRequest.execute(as(stranger), { id: request.id })).rejects.toMatchObject(
      code("not_found"),
    );
    expect((await listQuotaRequests.execute(as(stranger), {})).items).toEqual([]);
    await expect(listQuotaRequests.execute(as(ada), { scope: "all" })).rejects.toMatchObject(
      code("forbidden"),
    );
    expect((await withdrawQuotaRequest.execute(as(ada), { id: request.id })).state).toBe("withdrawn");
    await expect(approve(request.id)).rejects.toMatchObject(code("conflict"));
  });

  it("shows what a base quota would do before it is set", async () => {
    const job = await dispatch({ resources: { ...SMALL, cpuMilli: 3000 } });
    const preview = await previewQuota.execute(as(platform), {
      teamId: ada.teamId,
      resource: "cpu",
      amount: 1000,
    });
    expect(preview.wouldNeverStart.map((each) => each.id)).toEqual([job.id]);
    await expect(
      setQuota.execute(as(ada), { teamId: ada.teamId, resource: "cpu", amount: 1000 }),
    ).rejects.toMatchObject(code("forbidden"));
    const system = { ...systemActor(ada.teamId) };
    await expect(
      setQuota.execute(as(system), { teamId: "team_none", resource: "cpu", amount: 1 }),
    ).rejects.toMatchObject(code("not_found"));
  });
});
