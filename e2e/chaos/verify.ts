import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { expect } from "@playwright/test";
import { z } from "zod";
import { waitUntil } from "../fixtures/wait";
import type { Query } from "./database";
import type { Ledger } from "./ledger";
import { DEPLOYMENT, MODEL } from "./line";
import type { People } from "./people";

type Count = { count: number };
const one = async (query: Query, text: string, values: unknown[] = []) =>
  (await query<Count>(`select count(*)::int as count ${text}`, values))[0]?.count;

/** Nothing waits any more: events, workflows, uploads, spooled predictions. */
export async function backgroundIsDone(query: Query): Promise<void> {
  const left = () =>
    query<{ what: string; count: number }>(`
      select 'deliveries' as what, count(*)::int as count from outbox_deliveries where state = 'pending'
      union all select 'events', count(*)::int from outbox_queue
      union all select 'workflows', count(*)::int from dbos.workflow_status where status in ('PENDING', 'ENQUEUED')
      union all select 'jobs', count(*)::int from jobs where state in ('queued', 'preparing', 'running')
      union all select 'uploads', count(*)::int from uploads where state in ('receiving', 'received', 'inspecting')
      union all select 'feedback', count(*)::int from pending_feedback
      union all select 'audit rows without a place', count(*)::int from audit_log where seq is null`);
  await waitUntil("the end of all background work", left, (rows) => rows.every(({ count }) => count === 0), {
    timeoutMs: 90_000,
    everyMs: 500,
  });
  expect(await one(query, "from outbox_deliveries where state = 'dead'"), "dead deliveries").toBe(0);
  const failed = await query(
    "select workflow_uuid, status, error from dbos.workflow_status where status not in ('SUCCESS')",
  );
  expect(failed, "workflows that did not succeed").toEqual([]);
}

/** Every point, param and artifact that was acknowledged, once; and nothing else. */
export async function trackingIsWhole(query: Query, ledger: Ledger): Promise<void> {
  const text = (rows: { key: string; step: number; timestamp: number; value: number }[]) =>
    rows.map((row) => `${row.key} ${row.step} ${row.timestamp} ${row.value}`).toSorted();
  for (const run of ledger.runs) {
    const points = await query<{ key: string; step: number; timestamp: number; value: number }>(
      "select s.key, m.step::int as step, m.timestamp_ms::float8 as timestamp, m.value from metric_series s join run_metrics m on m.series_id = s.id where s.run_id = $1",
      [run.id],
    );
    expect(text(points), `points of ${run.name}`).toEqual(text(run.points));
    const params = await query<{ key: string; value: string }>(
      "select key, value from run_params where run_id = $1",
      [run.id],
    );
    expect(new Map(params.map(({ key, value }) => [key, value])), `params of ${run.name}`).toEqual(
      run.params,
    );
    for (const { path: file, sha256 } of run.artifacts) {
      const at = file.indexOf("/artifacts/") + "/artifacts/".length;
      const [row] = await query<{ digest: string }>(
        "select digest from artifacts where root || '/' || path = $1 or (root = $2 and path = $3)",
        [file, file.slice(0, at - 1), file.slice(at)],
      );
      expect(row?.digest, file).toBe(`sha256:${sha256}`);
    }
  }
  const names = await query<Count & { name: string }>(
    "select name, count(*)::int as count from runs where name like 'chaos run %' group by name",
  );
  expect(
    names.filter(({ count }) => count !== 1),
    "runs made twice",
  ).toEqual([]);
  expect(names).toHaveLength(ledger.runs.length);
}

/** Every table that was sent is one version with its bytes; none is there twice. */
export async function datasetsAreWhole(query: Query, ledger: Ledger): Promise<void> {
  for (const { slug, versionId, sha256 } of ledger.datasets) {
    const files = await query<{ digest: string }>("select digest from dataset_files where version_id = $1", [
      versionId,
    ]);
    expect(files, `files of ${slug} ${versionId}`).toEqual([{ digest: `sha256:${sha256}` }]);
  }
  const versions = await one(
    query,
    "from dataset_versions v join datasets d on d.id = v.dataset_id where d.slug in ('side-0', 'side-1', 'measurements')",
  );
  expect(versions, "versions").toBe(new Set(ledger.datasets.map(({ versionId }) => versionId)).size);
}

/** Every dispatched job is there once, ended well, and each of its attempts started once, for a reason that stands in its row. */
export async function jobsRanOnce(query: Query, ledger: Ledger, starts: readonly string[]): Promise<void> {
  const rows = await query<{ id: string; name: string; state: string }>("select id, name, state from jobs");
  const sorted = (jobs: { id: string; name: string }[]) =>
    jobs.map(({ id, name }) => `${name} ${id}`).toSorted();
  expect(sorted(rows), "jobs").toEqual(sorted(ledger.jobs));
  expect(
    rows.filter(({ state }) => state !== "succeeded"),
    "jobs that did not succeed",
  ).toEqual([]);
  const attempts = await query<{ id: string; job: string; number: number; reason: string; started: boolean }>(
    "select id, job_id as job, number, reason, started_at is not null as started from job_attempts order by job_id, number",
  );
  const started = starts.toSorted();
  expect(started, "each attempt starts at most once").toEqual([...new Set(started)]);
  const finished = attempts.filter(({ reason }) => reason === "Succeeded");
  expect(finished, "one success each").toHaveLength(ledger.jobs.length);
  for (const { id, job } of finished) expect(started).toContain(`${job} ${id}`);
  const known = new Set(attempts.map(({ id, job }) => `${job} ${id}`));
  expect(
    started.filter((line) => !known.has(line)),
    "starts that nobody knows",
  ).toEqual([]);
  const again = attempts.filter(({ reason }) => reason !== "Succeeded");
  // Only the jobs that the test itself killed may have needed another attempt.
  expect(again.length, JSON.stringify(again)).toBeLessThanOrEqual(2);
  expect(again.filter(({ reason }) => !["Failed", "Lost"].includes(reason))).toEqual([]);
  const results = await one(
    query,
    "from dataset_versions v join datasets d on d.id = v.dataset_id where d.slug = 'side-results'",
  );
  expect(results, "results of the side jobs").toBe(
    ledger.jobs.filter(({ name }) => name.startsWith("Side job")).length,
  );
}

/** Every request for GPUs was made once and granted once. */
export async function quotasAreGrantedOnce(query: Query, ledger: Ledger): Promise<void> {
  const requests = await query<{ id: string; why: string; state: string; grants: number }>(`
    select r.id, r.why, r.state, (select count(*)::int from quotas q where q.request_id = r.id) as grants
    from quota_requests r order by r.created_at`);
  expect(requests).toEqual(
    ledger.quotaRequests.map(({ id, why }) => ({ id, why, state: "approved", grants: 1 })),
  );
}

/** Every answered prediction and every outcome is stored once, and counted once. */
export async function predictionsAreStoredOnce(query: Query, ledger: Ledger): Promise<void> {
  const missing = await waitUntil(
    "the last predictions",
    () =>
      query<{ id: string }>(
        "select id from unnest($1::text[]) as known(id) where not exists (select 1 from predictions p where p.id = known.id)",
        [ledger.predictions],
      ),
    (rows) => rows.length === 0,
    { timeoutMs: 30_000 },
  );
  expect(missing, "predictions that were answered but not stored").toEqual([]);
  // In one statement: an answer that its caller never got may still arrive from the spool.
  const [counts] = await query<
    Record<"requests" | "rows" | "feedback" | "told" | "correct" | "right" | "errors", number>
  >(`
    select sum(requests)::int as requests, (select count(*)::int from predictions) as rows,
      sum(feedback)::int as feedback, (select count(*)::int from feedback) as told,
      sum(correct)::int as correct, (select count(*)::int from feedback where is_correct) as right,
      sum(errors)::int as errors from traffic_seconds`);
  expect(counts).toMatchObject({
    requests: counts?.rows,
    feedback: counts?.told,
    correct: counts?.right,
    errors: 0,
  });
  const told = await query<{ id: string; value: string }>("select prediction_id as id, value from feedback");
  expect(new Map(told.map(({ id, value }) => [id, value])), "outcomes").toEqual(ledger.feedback);
}

/** Three versions, judged and reviewed once each; one canary that won, one that was rolled back; told once. */
export async function lineEndedRight(query: Query, rollouts: readonly [string, string]): Promise<void> {
  const [won, lost] = rollouts;
  const versions = await query<{ number: number; state: string }>(
    "select v.number, v.state from model_versions v join registered_models m on m.id = v.model_id where m.name = $1 order by v.number",
    [MODEL],
  );
  expect(versions).toEqual([1, 2, 3].map((number) => ({ number, state: "ready" })));
  expect(await query("select state, count(*)::int as count from reviews group by state")).toEqual([
    { state: "approved", count: 3 },
  ]);
  expect(await one(query, "from review_decisions")).toBe(3);
  const story = async (id: string) =>
    (
      await query<{ key: string }>(
        "select dedup_key as key from rollout_events where rollout_id = $1 order by at",
        [id],
      )
    ).map(({ key }) => key);
  expect(await story(won)).toEqual(["deploying", "started", "stage-1", "promoting", "finished"]);
  const back = await story(lost);
  expect(back.filter((key) => !key.startsWith("stage-"))).toEqual([
    "deploying",
    "started",
    "rolling_back",
    "finished",
  ]);
  expect(await query("select id, state from rollouts order by created_at")).toEqual([
    { id: won, state: "succeeded" },
    { id: lost, state: "rolled_back" },
  ]);
  const [deployment] = await query<{ number: number; generation: number }>(
    "select v.number, d.generation from deployments d join model_versions v on v.id = d.stable_version_id where d.name = $1",
    [DEPLOYMENT],
  );
  expect(deployment?.number, "the stable version").toBe(2);
  // A repeated event is not written, but a repeated change of the route counts: one made the deployment, one the first version, one each event.
  expect(deployment?.generation, "changes of the route").toBe(
    2 + Number(await one(query, "from rollout_events")),
  );
  expect(await query("select kind, fingerprint from alerts where kind = 'rollback'"), "alerts").toEqual([
    { kind: "rollback", fingerprint: `rollback:${lost}` },
  ]);
  // Alerts wait some seconds for others of their deployment before they are told; another may lead the notice that names this one.
  const isAbout = ({ title, body }: Notice) => `${title} ${body}`.includes("rolled back");
  const notices = await waitUntil(
    "somebody to be told of the rollback",
    () => query<Notice>("select user_id, title, body from notifications where kind = 'alert'"),
    (rows) => rows.some(isAbout),
    { timeoutMs: 60_000 },
  );
  const hearers = notices.filter(({ title }) => title.includes("rolled back")).map((each) => each.user_id);
  expect(new Set(hearers).size, "nobody is told twice").toBe(hearers.length);
}

interface Notice {
  user_id: string;
  title: string;
  body: string;
}

const Verdict = z.looseObject({ ok: z.boolean() });

/** The audit chain and the transparency log hold, and every acknowledged call is in the audit log once. */
export async function evidenceHolds(query: Query, people: People, ledger: Ledger): Promise<void> {
  const audit = await people.platform.call(Verdict, "GET", "/api/v1/audit/verify");
  expect(audit, "audit chain").toMatchObject({ ok: true });
  const log = await people.platform.call(Verdict, "GET", "/api/v1/log/verify");
  expect(log, "transparency log").toMatchObject({ ok: true });
  const attestations = await query<{ id: string }>("select id from attestations");
  expect(attestations.length, "attestations").toBeGreaterThan(0);
  for (const { id } of attestations) {
    const verdict = await people.scientist.call(Verdict, "GET", `/api/v1/attestations/${id}/verify`);
    expect(verdict, `attestation ${id}`).toMatchObject({ ok: true });
  }
  const audited = ledger.writes.filter(({ path: each }) =>
    /^\/api\/v1\/(jobs|quota|deployments|reviews|models|tokens)/.test(each),
  );
  const rows = await query<Count & { id: string; action: string }>(
    `select payload::jsonb ->> 'requestId' as id, action, count(*)::int as count from audit_log
     where payload::jsonb ->> 'requestId' = any($1) group by 1, 2`,
    [audited.map(({ requestId }) => requestId)],
  );
  const known = new Set(rows.map(({ id }) => id));
  expect(
    audited.filter(({ requestId }) => !known.has(requestId)),
    "calls without an audit row",
  ).toEqual([]);
  expect(
    rows.filter(({ count }) => count !== 1),
    "calls that were done twice",
  ).toEqual([]);
}

/** Every blob is what its name says, every blob that a row names is there, and nothing half-written is left. */
export async function storeIsWhole(query: Query, home: string): Promise<void> {
  const objects = path.join(home, "objects");
  const found = new Set<string>();
  for (const file of fs.readdirSync(path.join(objects, "sha256"), { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const bytes = fs.readFileSync(path.join(file.parentPath, file.name));
    const digest = createHash("sha256").update(bytes).digest("hex");
    expect(`${path.basename(file.parentPath)}${file.name}`, "a blob's name").toBe(digest);
    found.add(`sha256:${digest}`);
  }
  const known = await query<{ digest: string }>("select digest from blobs");
  expect(
    known.filter(({ digest }) => !found.has(digest)),
    "blobs that are missing",
  ).toEqual([]);
  const half = path.join(objects, "tmp");
  expect(fs.existsSync(half) ? fs.readdirSync(half) : [], "half-written blobs").toEqual([]);
}
