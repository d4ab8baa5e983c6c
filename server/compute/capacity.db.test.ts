import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eq } from "drizzle-orm";
import { auditLog, gpuFlavors, notifications } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import type { Machine } from "@/server/adapters/cluster";
import type { Actor } from "@/server/core/actor";
import { newId } from "@/server/core/ids";
import { admitJobs } from "./admit-jobs";
import { stateMachine } from "./base-quotas";
import { decideQuota } from "./decide-quota";
import { dispatchJob } from "./dispatch-job";
import { getJob } from "./get-job";
import { clusterCapacity, flavorsOf } from "./ledger";
import { getQuota, getQuotaRequest, listTeamQuotas, previewQuota } from "./quota-queries";
import { requestQuota } from "./request-quota";
import { devicesInWords } from "./rules";
import { setGpuFlavor, setQuota } from "./set-quota";
import { makePerson, makeTeam, prepareHome } from "./testing";

const GIB = 1024 ** 3;
const PLAIN: Machine = { cpuMilli: 2_000, memoryBytes: 10 * GIB, gpus: [] };
const withGpus = (...gpus: Machine["gpus"]): Machine => ({ ...PLAIN, gpus });
const A100 = { title: "NVIDIA A100-SXM4-80GB", count: 2 };
const SMALL = { cpuMilli: 100, memoryBytes: 128 * 1024 ** 2, gpuMilli: 0 };

let database: TestDatabase;
let ada: Actor;
let platform: Actor;
beforeAll(async () => {
  database = await createTestDatabase();
  prepareHome(database.url);
});
afterAll(() => database.close());
beforeEach(async () => {
  const team = await makeTeam(database.db, newId("team"));
  ada = await makePerson(database.db, team, "Ada");
  platform = await makePerson(database.db, team, "Pia", { role: "admin", platform: true });
  await stateMachine(database.db, "here", PLAIN);
  await stateMachine(database.db, "there", PLAIN);
});

const as = (actor: Actor) => ({ actor, db: database.db });
const capacity = () => clusterCapacity(database.db);
const wordsOf = async (name: string) => {
  const flavor = (await flavorsOf(database.db)).find((each) => each.name === name);
  return flavor && devicesInWords(flavor);
};
const ask = (flavor: string, amountMilli: number) =>
  requestQuota.execute(as(ada), {
    flavor,
    amountMilli,
    until: new Date(Date.now() + 24 * 3600_000),
    why: "Training the ranking model",
  });
const decide = (id: string) =>
  decideQuota.execute(as(platform), { id, decision: "approve", reason: "It is wanted" });
const gpuJob = (gpuFlavor: string, gpuMilli: number) =>
  dispatchJob.execute(as(ada), {
    name: "GPU",
    command: ["true"],
    resources: { ...SMALL, gpuFlavor, gpuMilli },
  });
const stateOf = async (id: string) => {
  await admitJobs(database.db);
  const { state, reason, reasonText } = await getJob.execute(as(ada), { id });
  return { state, reason, reasonText };
};

describe("capacity is what is there", () => {
  it("two cores are two cores, and a machine without GPUs has none of any kind", async () => {
    expect(await capacity()).toEqual({ cpu: 2_000, memory: 9 * GIB, "gpu:a100": 0, "gpu:t4": 0 });
    expect(await wordsOf("a100")).toBe("0 GPUs: no machine has one");
    const { lines } = await getQuota.execute(as(ada), {});
    expect(lines.find(({ resource }) => resource === "cpu")).toMatchObject({
      capacity: 2_000,
      capacityFree: 2_000,
    });
    expect((await listTeamQuotas.execute(as(platform), {})).capacity["gpu:t4"]).toBe(0);
  });

  it("devices are counted as they are found, on all machines, and no longer when they are gone", async () => {
    await stateMachine(database.db, "here", withGpus(A100, { title: "NVIDIA H200", count: 1 }));
    await stateMachine(database.db, "there", withGpus(A100));
    expect(await capacity()).toMatchObject({ "gpu:a100": 4_000, "gpu:nvidia-h200": 1_000 });
    expect(await wordsOf("a100")).toBe("4 GPUs found");
    await stateMachine(database.db, "here", PLAIN);
    expect(await capacity()).toMatchObject({ "gpu:a100": 2_000, "gpu:nvidia-h200": 0 });
  });

  it("what earlier releases claimed is taken back; what an administrator declared is not", async () => {
    await database.db.update(gpuFlavors).set({ capacityMilli: 4_000 });
    const declared = { name: "t4", title: "T4 of the other cluster", capacityMilli: 4_000 };
    await setGpuFlavor.execute(as(platform), declared);
    await setGpuFlavor.execute(as(platform), { name: "own", title: "Own", capacityMilli: 500 });
    await stateMachine(database.db, "here", PLAIN);
    expect(await capacity()).toMatchObject({ "gpu:a100": 0, "gpu:t4": 4_000, "gpu:own": 500 });
    expect(await wordsOf("t4")).toBe("4 GPUs declared by an administrator; none was found on a machine here");
    await setGpuFlavor.execute(as(platform), { ...declared, capacityMilli: 0 });
  });
});

describe("a grant of what no machine has", () => {
  it("is warned of before, said when it is approved, and its job waits with the reason until a machine comes", async () => {
    const request = await ask("a100", 1_000);
    const warning = "No machine has GPU a100: jobs that ask for it wait until one has.";
    expect((await getQuotaRequest.execute(as(platform), { id: request.id })).effect).toMatchObject({
      capacity: 0,
      warning,
    });
    expect(await decide(request.id)).toMatchObject({ state: "approved", warning });
    const [audited] = await database.db
      .select()
      .from(auditLog)
      .where(eq(auditLog.subjectId, request.id))
      .orderBy(auditLog.position)
      .offset(1);
    expect(JSON.stringify(audited?.payload)).toContain(warning);
    const [told] = await database.db.select().from(notifications).where(eq(notifications.userId, ada.userId));
    expect(told?.body).toContain(warning);

    const { id } = await gpuJob("a100", 1_000);
    expect(await stateOf(id)).toEqual({
      state: "queued",
      reason: "WaitingForCapacity",
      reasonText: "No machine has GPU a100, of which it needs 1 GPU.",
    });
    // It keeps nobody waiting who needs something else.
    const other = await dispatchJob.execute(as(ada), { name: "CPU", command: ["true"], resources: SMALL });
    expect(await stateOf(other.id)).toMatchObject({ state: "preparing" });
    await stateMachine(database.db, "there", withGpus(A100));
    expect(await stateOf(id)).toMatchObject({ state: "preparing" });
  });

  it("is warned of when it is more than there is, by request and as a base quota", async () => {
    await stateMachine(database.db, "here", withGpus({ title: "NVIDIA L4", count: 2 }));
    const wish = { teamId: ada.teamId, resource: "gpu:nvidia-l4", amount: 2_000 };
    expect((await previewQuota.execute(as(platform), wish)).warning).toBeNull();
    expect((await setQuota.execute(as(platform), wish)).warning).toBeNull();
    const request = await ask("nvidia-l4", 1_000);
    const warning =
      "The team may use 3 GPUs of GPU nvidia-l4, all machines together have 2 GPUs: what goes beyond waits.";
    expect((await decide(request.id)).warning).toBe(warning);
    const [first, second] = [await gpuJob("nvidia-l4", 2_000), await gpuJob("nvidia-l4", 1_000)];
    expect(await stateOf(first.id)).toMatchObject({ state: "preparing" });
    expect(await stateOf(second.id)).toMatchObject({
      reason: "WaitingForCapacity",
      reasonText: "Needs 1 GPU of GPU nvidia-l4, the cluster has 0 GPUs free of 2 GPUs.",
    });
  });
});
