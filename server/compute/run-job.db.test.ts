import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiTokens, auditLog, jobAttempts, jobOutputs, lineageEdges, quotas } from "@/db/schema";
import { blobRefDifferences, createTestDatabase, waitFor, type TestDatabase } from "@/db/testing";
import { cluster, objectStore } from "@/server/composition";
import type { Actor } from "@/server/core/actor";
import { newId } from "@/server/core/ids";
import { cancelJob } from "./cancel-job";
import { dispatchJob } from "./dispatch-job";
import { getJob } from "./get-job";
import { getJobOutput } from "./job-files";
import type { DispatchJobInput } from "./schemas";
import { killNow, makePerson, makeTeam, prepareHome, startWorker } from "./testing";

let database: TestDatabase;
let home: string;
let scientist: Actor;
let worker: ChildProcess;
const MIB = 1024 ** 2;
const SMALL = { cpuMilli: 100, memoryBytes: 256 * MIB, gpuMilli: 0 };

beforeAll(async () => {
  database = await createTestDatabase();
  home = prepareHome(database.url);
  const team = await makeTeam(database.db, "risk");
  scientist = await makePerson(database.db, team, "Ada");
  worker = await startWorker();
});
afterAll(async () => {
  worker?.kill("SIGKILL");
  for (const state of await cluster().list())
    await cluster().stop(state.attemptId, { graceMs: 0, reason: "Test over" });
  await database?.close();
});

const as = (actor: Actor) => ({ actor, db: database.db });
const dispatch = (script: string, extra: Partial<DispatchJobInput> = {}) =>
  dispatchJob.execute(as(scientist), {
    name: "Test",
    command: ["sh", "-c", script],
    resources: SMALL,
    ...extra,
  });
const look = (id: string) => getJob.execute(as(scientist), { id });
const until = (id: string, state: string, timeoutMs = 30_000) =>
  waitFor(
    async () => {
      const job = await look(id);
      return job.state === state ? job : undefined;
    },
    { timeoutMs, intervalMs: 100, what: `job ${state}` },
  );
/** Lets a job go on. It sees no folder but its own, so the gate lies there. */
const UNTIL_OPEN = "while [ ! -e gate ]; do sleep 0.05; done";
const openGate = async (id: string) => {
  const [attempt] = (await look(id)).attempts;
  writeFileSync(path.join(home, "jobs", "attempts", attempt?.id ?? "", "work", "gate"), "");
};
/** Counts, across attempts, how often it was asked. */
async function countingServer() {
  let count = 0;
  const server = createServer((_req, res) => res.end(String((count += 1))));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => void server.close() };
}
const text = async (digest: string) => {
  const parts: Buffer[] = [];
  for await (const part of await objectStore().get(digest)) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts).toString("utf8");
};

describe("a job", () => {
  it("is told of an output whose name is no text, by that name and no place of the machine; the others are kept", async () => {
    const { id } = await dispatch(
      'echo "Error: said in passing"; cd "$MODELWORKS_OUTPUTS"; mkdir part; printf 42 > answer.txt; printf x > part/b.txt; printf y > "$(printf \'caf\\351.txt\')"',
    );
    const job = await until(id, "failed");
    expect(job.reasonText).toBe('Output "caf\\xe9.txt" has a name that is not UTF-8: rename it.');
    const log = await text(job.attempts[0]?.logDigest ?? "");
    for (const told of [job.reasonText, log]) expect(told).not.toContain(home);
    expect(job.outputs.map((output) => output.path)).toEqual(["answer.txt", "part/b.txt"]);
    expect(await text(job.outputs[0]?.digest ?? "")).toBe("42");
    expect(await getJobOutput.execute(as(scientist), { id, path: "part/b.txt" })).toMatchObject({
      sizeBytes: 1,
    });
  });

  it("runs, and leaves its outputs, log, usage and story behind", async () => {
    const { id } = await dispatch(
      'echo "rate is $MODELWORKS_PARAM_RATE"; printf 42 > "$MODELWORKS_OUTPUTS/answer.txt"; test -n "$MODELWORKS_TOKEN"',
      { params: { rate: 0.5 } },
    );
    const job = await until(id, "succeeded");
    expect(job.reason).toBe("Succeeded");
    // Known although the job was over before anyone saw it run.
    expect(job.startedAt).toBeInstanceOf(Date);
    expect(await getJobOutput.execute(as(scientist), { id, path: "answer.txt" })).toMatchObject({
      digest: job.outputs[0]?.digest,
      sizeBytes: 2,
    });
    await expect(getJobOutput.execute(as(scientist), { id, path: "../log" })).rejects.toMatchObject({
      code: "not_found",
    });
    expect(job.attempts[0]?.isolation).toBe(await cluster().isolation());
    expect(job.outputs.map(({ path, sizeBytes }) => ({ path, sizeBytes }))).toEqual([
      { path: "answer.txt", sizeBytes: 2 },
    ]);
    expect(await text(job.outputs[0]?.digest ?? "")).toBe("42");
    expect(await text(job.attempts[0]?.logDigest ?? "")).toContain("rate is 0.5");
    expect(job.timeline.map((event) => event.action)).toEqual([
      "compute.job.finish",
      "compute.job.admit",
      "compute.job.dispatch",
    ]);
    const tokens = await database.db.select().from(apiTokens).where(eq(apiTokens.jobId, id));
    expect(tokens).toHaveLength(1);
    expect(tokens[0]?.revokedAt).toBeInstanceOf(Date);
    expect(tokens[0]?.scopes).toEqual(["track", "infer", "read"]);
  });

  it("survives the death of the worker and runs once", async () => {
    const { id } = await dispatch(`echo start; ${UNTIL_OPEN}; echo done > "$MODELWORKS_OUTPUTS/done"`, {
      maxAttempts: 3,
    });
    await until(id, "running");
    await killNow(worker);
    worker = await startWorker();
    await until(id, "running");
    await killNow(worker);
    await openGate(id);
    worker = await startWorker();
    const job = await until(id, "succeeded");
    expect(job.attempts).toHaveLength(1);
    expect((await text(job.attempts[0]?.logDigest ?? "")).match(/ o start$/gm)).toHaveLength(1);
    expect(job.outputs).toHaveLength(1);
    const finished = await database.db
      .select()
      .from(auditLog)
      .where(and(eq(auditLog.subjectId, id), eq(auditLog.action, "compute.job.finish")));
    expect(finished).toHaveLength(1);
  });

  it("ends with its children when it is cancelled", async () => {
    const { id } = await dispatch("trap 'echo bye; exit 0' TERM; sleep 60 & wait");
    await until(id, "running");
    await cancelJob.execute(as(scientist), { id, reason: "wrong data" });
    const job = await until(id, "cancelled");
    expect(job.reasonText).toBe("Cancelled by Ada: wrong data.");
    expect(await text(job.attempts[0]?.logDigest ?? "")).toContain("bye");
    await expect(cancelJob.execute(as(scientist), { id })).rejects.toMatchObject({ code: "conflict" });
  });

  it("is tried again for a reason that may pass, with a pause, and then given up in words", async () => {
    const { id } = await dispatch("echo tried; exit 7", { maxAttempts: 2 });
    const waiting = await waitFor(
      async () => {
        const job = await look(id);
        return job.reason === "RetryBackoff" ? job : undefined;
      },
      { timeoutMs: 20_000, what: "the pause" },
    );
    expect(waiting.state).toBe("queued");
    const job = await until(id, "failed");
    expect(job.reasonText).toBe("Exited with code 7.");
    expect(job.exitCode).toBe(7);
    expect(job.attempts.map((attempt) => attempt.state)).toEqual(["failed", "failed"]);
    for (const { logDigest } of job.attempts) {
      expect((await text(logDigest ?? "")).match(/ o tried$/gm)).toHaveLength(1);
    }
  });

  it("fails with the last words of its program as the headline", async () => {
    const { id } = await dispatch("echo reading; echo 'error: data.csv has no column age' >&2; exit 3");
    const job = await until(id, "failed");
    expect(job.reasonText).toBe("error: data.csv has no column age (exited with code 3).");
  });

  it("is tried again when it left a declared output out; its outputs are those of the attempt that ended it", async () => {
    const counter = await countingServer();
    const { id } = await dispatch(
      `tries=$(${process.execPath} -e 'fetch("${counter.url}").then((answer) => answer.text()).then(console.log)'); cd "$MODELWORKS_OUTPUTS"; echo "$tries" > notes.txt; [ "$tries" -lt 2 ] || printf "a\\n1\\n" > table.csv`,
      { maxAttempts: 2, outputs: [{ path: "table.csv", dataset: { slug: "late", name: "Late" } }] },
    );
    const job = await until(id, "succeeded").finally(counter.close);
    expect(job.attempts.map((attempt) => attempt.reason).toSorted()).toEqual(["Failed", "Succeeded"]);
    expect(job.outputs.map((output) => output.path).toSorted()).toEqual(["notes.txt", "table.csv"]);
    const notes = job.outputs.find((output) => output.path === "notes.txt");
    expect((await text(notes?.digest ?? "")).trim()).toBe("2");
  });

  it("is stopped at its time limit and not tried again", async () => {
    const { id } = await dispatch("sleep 60", { timeLimitSeconds: 5, maxAttempts: 3 });
    const job = await until(id, "failed");
    expect(job.reason).toBe("TimeLimit");
    expect(job.attempts).toHaveLength(1);
  });

  it("fails when a declared output is missing", async () => {
    const { id } = await dispatch("true", {
      outputs: [{ path: "table.csv", dataset: { slug: "table", name: "Table" } }],
    });
    const job = await until(id, "failed");
    expect(job.reasonText).toContain("did not write the declared output table.csv");
    expect(await database.db.select().from(jobOutputs).where(eq(jobOutputs.jobId, id))).toEqual([]);
  });

  it("registers a declared output; the same bytes of another job are linked to the same version", async () => {
    const outputs = [{ path: "table.csv", dataset: { slug: "made", name: "Made" } }];
    const linked = (id: string) =>
      waitFor(
        async () => {
          const [output] = (await look(id)).outputs;
          return output?.number ? output : undefined;
        },
        { timeoutMs: 40_000, what: "the version of the output" },
      );
    const script = 'printf "a,b\\n1,2\\n" > "$MODELWORKS_OUTPUTS/table.csv"';
    const first = await dispatch(script, { outputs });
    const output = await linked(first.id);
    expect(output).toMatchObject({ slug: "made", number: 1 });
    const second = await dispatch(script, { outputs });
    expect(await linked(second.id)).toMatchObject({ datasetVersionId: output.datasetVersionId, number: 1 });
    const edges = await database.db
      .select({ from: lineageEdges.fromId })
      .from(lineageEdges)
      .where(eq(lineageEdges.toId, output.datasetVersionId ?? ""));
    expect(edges.map((edge) => edge.from).toSorted()).toEqual([first.id, second.id].toSorted());
  });

  it("says on the job what keeps a declared output from becoming a dataset version", async () => {
    const { id } = await dispatch('printf "a,b\\n1,2,3\\n" > "$MODELWORKS_OUTPUTS/table.csv"', {
      outputs: [{ path: "table.csv", dataset: { slug: "refused", name: "Refused" } }],
    });
    const registration = await waitFor(
      async () => {
        const [output] = (await look(id)).outputs;
        return output?.registration?.state === "failed" ? output.registration : undefined;
      },
      { timeoutMs: 40_000, what: "the refusal" },
    );
    expect(registration).toMatchObject({ slug: "refused" });
    expect(registration.message).toContain("Line 2, column 4: 3 values, expected 2");
  });

  it("waits for the team's quota with a position, and starts when it is given back", async () => {
    await database.db
      .insert(quotas)
      .values({ id: newId("quota"), teamId: scientist.teamId, resource: "cpu", amount: 1000 });
    const whole = { ...SMALL, cpuMilli: 800 };
    const first = await dispatch(UNTIL_OPEN, {
      name: "first",
      resources: whole,
    });
    await until(first.id, "running");
    const second = await dispatch("true", { name: "second", resources: whole });
    const third = await dispatch("true", { name: "third", resources: whole });
    const waiting = await waitFor(
      async () => {
        const job = await look(third.id);
        return job.reason === "WaitingForQuota" && job.pending?.position === 2 ? job : undefined;
      },
      { what: "position 2" },
    );
    expect(waiting.pending?.ahead.map((job) => job.name)).toEqual(["second"]);
    expect(waiting.pending?.unblocks[0]).toContain("first ends");
    expect(waiting.reasonText).toContain("Needs 0.8 cores of CPU, the team has 0.2 cores free of 1 core");
    const cancelled = await cancelJob.execute(as(scientist), { id: second.id });
    expect(cancelled.state).toBe("cancelled");
    expect((await look(third.id)).pending?.position).toBe(1);
    await openGate(first.id);
    await until(third.id, "succeeded");
    const attempts = await database.db.select().from(jobAttempts).where(eq(jobAttempts.jobId, second.id));
    expect(attempts).toEqual([]);
  });
});

it("leaves it known who refers to each blob", async () => {
  const { kept, ...differences } = await blobRefDifferences(database.db);
  expect(differences).toEqual({ stale: [], missing: [] });
  expect(kept).toBeGreaterThan(0);
});
