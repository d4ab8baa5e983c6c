import type { Server } from "node:http";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { alerts, deployments, processes, rollouts } from "@/db/schema";
import { waitFor } from "@/db/testing";
import { createExternalRuntime } from "@/server/adapters/external-endpoint/external-runtime";
import {
  DOUBLING,
  oipFarEnd,
  sendJson,
  startFarEnd,
  type FarEnd,
} from "@/server/adapters/external-endpoint/testing";
import { withEndpoints } from "@/server/adapters/external-endpoint/with-endpoints";
import type { ModelRuntime } from "@/server/adapters/model-runtime/port";
import { makeRuntime } from "@/server/adapters/model-runtime/testing";
import { objectStore, secretKeys, trustedAttestorKeys } from "@/server/composition";
import { env } from "@/server/core/env";
import { decideReview, latestGates } from "@/server/governance";
import { createWorld, type Person, type World } from "@/server/governance/testing";
import { watchGateways } from "@/server/monitoring/watches/watch-gateways";
import { createModel, credentialSource, requestVersionReview, runGates, versionOf } from "@/server/registry";
import { deleteCredential, setCredential } from "@/server/registry/credentials/verbs";
import { registerEndpoint } from "@/server/registry/register-endpoint";
import { qualify } from "@/server/registry/qualify/run";
import { endRun, trainedRun } from "@/server/registry/testing";
import { advanceRollout } from "../advance-rollouts";
import { retireDeployment, rollBack } from "../control-rollout";
import { deploy } from "../deploy";
import { PLAN } from "../testing";
import type { PredictionRecord } from "./gateway";
import { createGatewayServer } from "./http-server";
import { Statistics } from "./oip/statistics";
import { RouteFollower } from "./route-follower";

const SECRET = "far-end-token-0123456789";
const MODEL = "elsewhere";
const contract = {
  inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
  outputs: [{ name: "y", datatype: "FP32", shape: [-1, 2] }],
  resources: { cpuMilli: 1, memoryBytes: 1_048_576 },
  latencyBoundMs: 200,
  observability: ["latency", "errors", "predictions"],
  example: [{ name: "x", shape: [1, 2], data: [1, 2] }],
};

/** A far model that multiplies, and says which version it is; it asks for the token. */
function times(factor: number, says: () => unknown = () => DOUBLING) {
  const answer = oipFarEnd(({ body }, res) => {
    const { inputs } = JSON.parse(body) as { inputs: { shape: number[]; data: number[] }[] };
    const [x] = inputs;
    const data = x?.data.map((value) => value * factor);
    sendJson(res, { outputs: [{ name: "y", datatype: "FP32", shape: x?.shape, data }] });
  }, says);
  return (...[asked, res, req]: Parameters<typeof answer>) => {
    if (asked.headers.authorization === `Bearer ${SECRET}`) answer(asked, res, req);
    else sendJson(res, { error: `bad token ${asked.headers.authorization ?? ""}` }, 401);
  };
}

let world: World;
let [member, reviewer, admin]: Person[] = [];
let far: [FarEnd, FarEnd];
let runtime: ModelRuntime;
let follower: RouteFollower;
let server: Server;
let runId: string;
const records: PredictionRecord[] = [];

beforeAll(async () => {
  far = [await startFarEnd(times(2)), await startFarEnd(times(3))];
  process.env.MODELWORKS_ENDPOINT_HOSTS = far.map(({ port }) => `127.0.0.1:${port}`).join(",");
  world = await createWorld();
  member = await world.person("member");
  reviewer = await world.person("reviewer");
  admin = await world.person("admin");
  const line = await trainedRun(who(member).caller, world.system(), {
    files: { "modelworks/contract.json": JSON.stringify(contract) },
  });
  await endRun(who(member).caller, line.runId);
  ({ runId } = line);
  await createModel.execute(who(member).caller, { name: MODEL, tags: [] });
  runtime = withEndpoints(
    makeRuntime(),
    createExternalRuntime({
      hosts: env().endpointHosts,
      credentials: credentialSource(() => world.db, secretKeys),
      ceilingMs: 10_000,
      pace: 100,
    }),
  );
  follower = new RouteFollower({
    db: world.db,
    store: objectStore(),
    runtime,
    attestorKeys: trustedAttestorKeys,
    pollMs: 2 ** 30,
  });
  server = createGatewayServer({
    parts: {
      runtime,
      routes: () => follower.routes,
      record: (record) => records.push(record) > 0,
      statistics: new Statistics(),
    },
    callers: { actor: async () => who(member).actor },
    version: "1",
    isReady: () => follower.isReady,
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  delete process.env.MODELWORKS_ENDPOINT_HOSTS;
  server.closeAllConnections();
  server.close();
  await follower.stop();
  await runtime.close();
  for (const each of far) await each.close();
  await world.close();
});

const who = (person: Person | undefined): Person => person ?? expect.fail("nobody");

let count = 0;
async function judged(versionId: string) {
  count += 1;
  const input = {
    versionId,
    eventId: `evt_${count}`,
    trigger: "test",
    requestedBy: who(member).id,
    force: true,
  };
  const outcome = await qualify(world.system(), objectStore(), input, (_, work) => work());
  const gates = await latestGates(world.system(), "model_version", versionId);
  const contractGate = gates?.verdicts.find(({ policyKey }) => policyKey === "contract");
  return { outcome, contractGate };
}

const register = (at: FarEnd, more: Record<string, unknown> = {}) =>
  registerEndpoint.execute(who(member).caller, {
    name: MODEL,
    runId,
    endpoint: { protocol: "oip", url: at.base, model: "doubling", credential: "far", ...more },
  });

async function approve(version: number): Promise<void> {
  const asked = { name: MODEL, version, environment: "production", rationale: "Measured on the holdout." };
  const { reviewId } = await requestVersionReview.execute(who(member).caller, asked);
  await decideReview.execute(who(reviewer).caller, {
    reviewId,
    decision: "approve",
    reason: "Looked at every slice.",
  });
}

async function predict(headers: Record<string, string> = {}) {
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const answer = await fetch(`http://127.0.0.1:${port}/v2/models/${MODEL}/infer`, {
    method: "POST",
    headers: { authorization: "Bearer any", "content-type": "application/json", ...headers },
    body: JSON.stringify({ inputs: [{ name: "x", datatype: "FP32", shape: [1, 2], data: [1, 2] }] }),
  });
  return {
    status: answer.status,
    arm: answer.headers.get("x-arm"),
    body: (await answer.json()) as { outputs?: { data: number[] }[]; error?: string },
  };
}

const deploymentName = () => MODEL;

/** The gateway's heartbeat, as it stands now. */
async function beat(): Promise<void> {
  const info = { serving: follower.report() };
  const seenAt = new Date(Date.now() + 3_600_000);
  await world.db
    .insert(processes)
    .values({
      id: "gateway-test",
      kind: "gateway",
      host: "test",
      pid: 1,
      version: "1",
      startedAt: new Date(0),
      seenAt,
      info,
    })
    .onConflictDoUpdate({ target: processes.id, set: { seenAt, info } });
}

async function look(rolloutId: string, laterMs = 0) {
  await beat();
  await advanceRollout(world.system(new Date(Date.now() + laterMs)), rolloutId);
  const [row] = await world.db.select().from(rollouts).where(eq(rollouts.id, rolloutId));
  follower.look("*");
  return row ?? expect.fail("no rollout");
}

async function arm(which: "stable" | "canary") {
  const [row] = await world.db.select().from(deployments).where(eq(deployments.name, deploymentName()));
  return follower.report()[row?.id ?? ""]?.[which] ?? null;
}

describe("the whole line of a model that runs elsewhere", () => {
  it("is not registered with a host or a credential that nobody allowed", async () => {
    const elsewhere = { ...far[0], base: "http://127.0.0.1:1" };
    await expect(register(elsewhere)).rejects.toMatchObject({
      code: "invalid",
      details: { fields: { "endpoint.url": expect.stringContaining("not among those") } },
      hint: expect.stringContaining("MODELWORKS_ENDPOINT_HOSTS"),
    });
    await expect(register(far[0])).rejects.toMatchObject({
      details: { fields: { "endpoint.credential": expect.stringContaining('no credential "far"') } },
    });
    const stored = { name: "far", kind: "bearer", value: SECRET };
    await setCredential.execute(who(admin).caller, { ...stored, hosts: "models.example.org" });
    await expect(register(far[0])).rejects.toMatchObject({
      details: { fields: { "endpoint.credential": expect.stringContaining("is not for 127.0.0.1") } },
    });
    await setCredential.execute(who(admin).caller, {
      ...stored,
      hosts: far.map(({ port }) => `127.0.0.1:${port}`),
    });
  });

  it("passes the gates, is approved, deployed and asked like any other", async () => {
    const version = await register(far[0]);
    expect(version).toMatchObject({ number: 1, state: "pending", weightsPath: "endpoint.json" });
    const { outcome, contractGate } = await judged(version.id);
    expect(outcome, JSON.stringify(contractGate)).toBe("pass");
    expect((await versionOf(world.system(), version.id)).evidence.trial).toMatchObject({
      state: "answered",
      message: expect.stringMatching(
        /answers the contract's example. It says that it serves version 1 \(sha256:[0-9a-f]{64}\)/,
      ),
      reported: { versions: ["1"] },
    });
    await approve(1);
    await deploy.execute(who(member).caller, { model: MODEL, version: 1, environment: "production" });
    follower.look("*");
    await waitFor(async () => (await arm("stable"))?.state === "ready", { what: "it is served" });
    expect(await predict()).toMatchObject({
      status: 200,
      arm: "stable",
      body: { outputs: [{ data: [2, 4] }] },
    });
    expect(records.at(-1)).toMatchObject({
      versionId: version.id,
      arm: "stable",
      status: 200,
      predicted: "2, 4",
    });
  });

  it("is compared with the contract, and refused in words where they differ or the far end fails", async () => {
    const other = { ...contract, outputs: [{ name: "y", datatype: "INT64", shape: [-1, 2] }] };
    const differing = await registerEndpoint.execute(who(member).caller, {
      name: MODEL,
      runId,
      contract: other,
      endpoint: { protocol: "oip", url: far[0].base, model: "doubling", credential: "far" },
    });
    const { contractGate } = await judged(differing.id);
    expect(contractGate).toMatchObject({
      verdict: "fail",
      message: expect.stringContaining('output "y" is declared INT64, the endpoint has FP32'),
    });
    const failing = await register(far[1]);
    far[1].handle = (_asked, res) => sendJson(res, { error: `no room for ${SECRET}` }, 500);
    const refused = (await judged(failing.id)).contractGate;
    expect(refused?.verdict).toBe("fail");
    expect(refused?.message).toContain("no room for [redacted]");
    far[1].handle = times(3);
    expect((await judged(failing.id)).outcome).toBe("pass");
    await approve(failing.number);
  });

  it("is a canary whose faults are its own, and goes back by itself when it is gone", async () => {
    const { rolloutId } = await deploy.execute(who(member).caller, {
      model: MODEL,
      version: 3,
      environment: "production",
      plan: { ...PLAN, stages: [{ sharePercent: 50, minRequests: 50, maxDurationMs: 60_000 }] },
    });
    follower.look("*");
    await waitFor(async () => (await arm("canary"))?.state === "ready", { what: "the canary is loaded" });
    expect(await look(rolloutId ?? "")).toMatchObject({ state: "running", sharePercent: 50 });
    const canary = async () => {
      for (let key = 0; key < 100; key += 1) {
        const answer = await predict({ "x-sticky-key": String(key) });
        if (answer.arm === "canary") return answer;
      }
      return expect.fail("no canary");
    };
    await waitFor(async () => (await canary()).body.outputs?.[0]?.data[0] === 3, {
      what: "the canary answers",
    });
    far[1].handle = oipFarEnd((_asked, res) => sendJson(res, { error: "out of memory" }, 500));
    expect(await canary()).toMatchObject({
      status: 500,
      body: { error: expect.stringContaining("out of memory") },
    });
    expect(records.at(-1)).toMatchObject({ arm: "canary", status: 500, rolloutId });
    expect(await predict({ "x-sticky-key": "stable-for-sure" })).toMatchObject({
      status: expect.any(Number),
    });
    far[1].handle = (_asked, res) => void res.socket?.destroy();
    await waitFor(async () => (await arm("canary"))?.state === "failed", { what: "it is noticed" });
    const back = await look(rolloutId ?? "", 60_000);
    expect(back).toMatchObject({
      state: "rolling_back",
      sharePercent: 0,
      stateReason: expect.stringContaining("cannot serve version 3: The external endpoint cannot be reached"),
    });
    await waitFor(() => [...follower.routes.values()][0]?.sharePercent === 0, { what: "the route" });
    expect(await look(rolloutId ?? "", 60_000)).toMatchObject({ state: "rolled_back" });
    expect(await predict()).toMatchObject({
      status: 200,
      arm: "stable",
      body: { outputs: [{ data: [2, 4] }] },
    });
  });

  it("is promoted when it is well, and one click goes back", async () => {
    far[1].handle = times(3);
    const { rolloutId } = await deploy.execute(who(member).caller, {
      model: MODEL,
      version: 3,
      environment: "production",
      plan: PLAN,
      reason: "The far end is there again",
    });
    follower.look("*");
    await waitFor(async () => (await arm("canary"))?.state === "ready", { what: "the canary is loaded" });
    await look(rolloutId ?? "");
    await world.db
      .update(rollouts)
      .set({ state: "promoting", sharePercent: 100 })
      .where(eq(rollouts.id, rolloutId ?? ""));
    await waitFor(async () => (await look(rolloutId ?? "")).state === "succeeded", {
      what: "it is promoted",
    });
    await waitFor(async () => (await predict()).body.outputs?.[0]?.data[0] === 3, {
      what: "the new one answers",
    });
    await rollBack.execute(who(member).caller, { name: deploymentName(), reason: "it triples" });
    follower.look("*");
    await waitFor(async () => (await predict()).body.outputs?.[0]?.data[0] === 2, {
      what: "the one before answers",
    });
  });

  it("raises an alert when the far end serves something else than was tried, which no new trial hides", async () => {
    far[0].handle = times(20, () => ({ ...DOUBLING, versions: ["2"] }));
    await waitFor(async () => (await arm("stable"))?.reason !== "", { what: "it is noticed" });
    await beat();
    await watchGateways(world.db, () => world.system());
    const [alert] = await world.db.select().from(alerts);
    expect(alert).toMatchObject({
      kind: "serving",
      severity: "warning",
      state: "firing",
      title: expect.stringContaining("may serve something else than was approved"),
      body: expect.stringContaining("versions were 1 and are 2"),
    });
    await runGates.execute(who(member).caller, { name: MODEL, version: 1 });
    const [row] = await world.db.select().from(deployments).where(eq(deployments.name, deploymentName()));
    const { contractGate } = await judged(row?.stableVersionId ?? "");
    expect(contractGate).toMatchObject({
      verdict: "fail",
      message: expect.stringContaining("Register it as the next version"),
    });
    far[0].handle = times(2);
    await waitFor(async () => (await arm("stable"))?.reason === "", { what: "it is as before" });
    expect((await judged(row?.stableVersionId ?? "")).outcome).toBe("pass");
  });

  it("keeps its credential while it is deployed, and lets nobody read it", async () => {
    await expect(deleteCredential.execute(who(admin).caller, { name: "far" })).rejects.toMatchObject({
      code: "precondition_failed",
      message: expect.stringMatching(/in use: elsewhere v1 \(deployment elsewhere\)/),
    });
    await retireDeployment.execute(who(member).caller, { name: deploymentName(), reason: "done" });
    await deleteCredential.execute(who(admin).caller, { name: "far" });
    const { rows } = await world.db.execute<{ name: string }>(
      sql`select tablename as name from pg_tables where schemaname in ('public', 'dbos')`,
    );
    expect(rows.length).toBeGreaterThan(20);
    const secrets = [SECRET, Buffer.from(SECRET).toString("base64")];
    for (const { name } of rows)
      for (const secret of secrets) {
        const found = await world.db.execute(
          sql`select 1 from ${sql.identifier(name)} t where t::text like ${`%${secret}%`} limit 1`,
        );
        expect([name, found.rows.length]).toEqual([name, 0]);
      }
    expect(JSON.stringify(records)).not.toContain(SECRET);
  });
});
