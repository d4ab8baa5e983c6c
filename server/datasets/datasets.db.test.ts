import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { serve, type ServerType } from "@hono/node-server";
import { and, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  apiTokens,
  auditLog,
  blobs,
  datasets,
  datasetVersions,
  lineageEdges,
  memberships,
  teams,
  uploads,
  users,
} from "@/db/schema";
import { blobRefDifferences, createTestDatabase, waitFor, type TestDatabase } from "@/db/testing";
import type { HttpEnv } from "@/server/kit/app-env";
import { newApiToken, tokenHash, tokenPrefix } from "@/server/auth/token-format";
import { newId } from "@/server/core/ids";
import { manifestCommand } from "./rules";

const home = mkdtempSync(path.join(os.tmpdir(), "mw-datasets-"));
let database: TestDatabase;
let server: ServerType;
let base = "";
let stopWork: () => Promise<void>;
const tokens = { member: "", viewer: "", readOnly: "", stranger: "" };
let teamId = "";

const CSV = "id,name,score\n1,ann,0.5\n2,bo,0.25\n3,cy,\n";

async function addTeam(slug: string) {
  const id = newId("team");
  await database.db.insert(teams).values({ id, slug, name: slug });
  return id;
}

async function addToken(team: string, role: "member" | "viewer", scopes: string[]) {
  const userId = newId("user");
  const token = newApiToken();
  await database.db.insert(users).values({ id: userId, email: `${userId}@test.local`, name: `A ${role}` });
  await database.db.insert(memberships).values({ teamId: team, userId, role });
  await database.db.insert(apiTokens).values({
    id: newId("token"),
    teamId: team,
    userId,
    name: "test",
    prefix: tokenPrefix(token),
    hash: tokenHash(token),
    scopes,
    expiresAt: new Date(Date.now() + 3_600_000),
  });
  return token;
}

beforeAll(async () => {
  database = await createTestDatabase({ max: 10 });
  process.env.DATABASE_URL = database.url;
  process.env.MODELWORKS_HOME = home;
  process.env.LOG_LEVEL ||= "error";
  teamId = await addTeam("own");
  tokens.member = await addToken(teamId, "member", ["write"]);
  tokens.viewer = await addToken(teamId, "viewer", ["write"]);
  tokens.readOnly = await addToken(teamId, "member", ["read"]);
  tokens.stranger = await addToken(await addTeam("other"), "member", ["write"]);
  const { restApp } = await import("@/server/kit/rest-app");
  const { datasetRoutes } = await import("./rest");
  const { Hono } = await import("hono");
  const { actorOfRequest } = await import("@/server/auth/request-actor");
  const { db } = await import("@/db/client");
  const app = new Hono<HttpEnv>();
  app.use(async (c, next) => {
    c.set("requestId", "req_test");
    c.set("caller", async () => ({
      db: db(),
      requestId: "req_test",
      actor: await actorOfRequest(db(), c.req.raw.headers, c.req.method),
    }));
    await next();
  });
  app.route("/api/v1", restApp(datasetRoutes));
  await new Promise<void>((resolve) => {
    server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, (info: AddressInfo) => {
      base = `http://127.0.0.1:${info.port}/api/v1`;
      resolve();
    });
  });
  await import("./jobs");
  const engine = await import("@/server/durable/engine");
  const { startDispatcher } = await import("@/server/worker/dispatch-outbox");
  await engine.launchEngine(newId("process"));
  const dispatcher = startDispatcher();
  stopWork = async () => {
    await dispatcher.stop();
    await engine.stopEngine();
  };
});
afterAll(async () => {
  await stopWork();
  server.close();
  const { sharedDb } = await import("@/db/client");
  await sharedDb().close();
  await database.close();
  rmSync(home, { recursive: true, force: true });
});

type Json = Record<string, unknown>;

async function call(
  method: string,
  url: string,
  options: { token?: string; body?: unknown; raw?: BodyInit } = {},
) {
  const response = await fetch(`${base}${url}`, {
    method,
    headers: { authorization: `Bearer ${options.token ?? tokens.member}` },
    body: options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body)),
  });
  return { status: response.status, body: z.record(z.string(), z.unknown()).parse(await response.json()) };
}

async function settled(id: unknown): Promise<Json> {
  return waitFor(
    async () => {
      const { body } = await call("GET", `/uploads/${String(id)}`);
      return body.state === "registered" || body.state === "failed" ? body : undefined;
    },
    { timeoutMs: 40_000, what: `upload ${String(id)}` },
  );
}

async function upload(slug: string, fileName: string, raw: string | Uint8Array, query = "?create=true") {
  const { status, body } = await call(
    "PUT",
    `/datasets/${slug}/uploads/${encodeURIComponent(fileName)}${query}`,
    {
      raw: raw as BodyInit,
    },
  );
  expect(status).toBe(202);
  return settled(body.id);
}

const actionsOf = async (subjectId: unknown) =>
  (
    await database.db
      .select({ action: auditLog.action })
      .from(auditLog)
      .where(eq(auditLog.subjectId, String(subjectId)))
      .orderBy(auditLog.position)
  ).map((row) => row.action);

describe("a version", () => {
  test("is registered from an upload with both digests, profile and preview, and can be had again", async () => {
    const done = await upload("people", "people.csv", CSV);
    expect(done).toMatchObject({
      state: "registered",
      versionNumber: 1,
      message: "Registered as version 1.",
    });
    const { body: version } = await call("GET", `/dataset-versions/${String(done.versionId)}`);
    expect(version).toMatchObject({ number: 1, rowCount: 3, format: "csv", canonicalisation: "mw-table-v1" });
    const file = await fetch(`${base}/dataset-versions/${String(done.versionId)}/files/people.csv`, {
      headers: { authorization: `Bearer ${tokens.member}` },
    });
    expect(await file.text()).toBe(CSV);
    const part = await fetch(`${base}/dataset-versions/${String(done.versionId)}/files/people.csv`, {
      headers: { authorization: `Bearer ${tokens.member}`, range: "bytes=3-6" },
    });
    expect([part.status, await part.text()]).toEqual([206, CSV.slice(3, 7)]);
    expect(await actionsOf(done.datasetId)).toEqual(["datasets.dataset.create", "datasets.upload.receive"]);
    expect(await actionsOf(done.versionId)).toEqual(["datasets.version.register"]);
    const { body: preview } = await call("GET", `/dataset-versions/${String(done.versionId)}/preview`);
    expect(preview).toMatchObject({
      rows: [
        ["1", "ann", 0.5],
        ["2", "bo", 0.25],
        ["3", "cy", null],
      ],
      partial: false,
    });
    for (const digest of [version.manifestDigest, version.contentDigest]) {
      expect((await call("GET", `/dataset-versions?digest=${String(digest)}`)).body.id).toBe(done.versionId);
    }
  });

  test("has the manifest digest that the shell command prints", async () => {
    const done = await upload("shell", "a bc.csv", CSV);
    const { body: version } = await call("GET", `/dataset-versions/${String(done.versionId)}`);
    const folder = mkdtempSync(path.join(os.tmpdir(), "mw-sum-"));
    writeFileSync(path.join(folder, "a bc.csv"), CSV);
    const printed = execFileSync("sh", ["-c", manifestCommand(["a bc.csv"])], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(`sha256:${printed.split(" ")[0] ?? ""}`).toBe(version.manifestDigest);
    rmSync(folder, { recursive: true });
  });

  test("of the same bytes is the same version; a retry is the same upload", async () => {
    const first = await upload("again", "t.csv", CSV);
    const retry = await upload("again", "t.csv", CSV);
    expect(retry.id).toBe(first.id);
    const other = await upload("again", "t.csv", "id\n1\n");
    expect(other.versionNumber).toBe(2);
    await database.db
      .update(uploads)
      .set({ state: "failed" })
      .where(eq(uploads.id, String(first.id)));
    const later = await upload("again", "t.csv", CSV);
    expect(later).toMatchObject({
      versionId: first.versionId,
      message: "These bytes are version 1 already; no new version was made.",
    });
    const renamed = await upload("again", "u.csv", CSV);
    expect(String(renamed.message)).toContain("the bytes are those of version 1, under another file name");
    const reordered = await upload("again", "t.csv", "id,name,score\n3,cy,\n2,bo,0.25\n1,ann,0.5\n");
    expect(String(reordered.message)).toContain("content is that of version 1, only the file differs");
    const rows = await database.db.$count(
      datasetVersions,
      eq(datasetVersions.datasetId, String(first.datasetId)),
    );
    expect(rows).toBe(4);
  });

  test("is not made under a name that is no slug; the field is named", async () => {
    const { status, body } = await call("PUT", "/datasets/No%20Slug/uploads/t.csv?create=true", { raw: CSV });
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: "invalid", details: { fields: { slug: expect.any(String) } } });
  });

  test("knows what changed against the one before, and any two can be compared", async () => {
    const one = await upload("diffs", "t.csv", "g,v\na,1\nb,2\n");
    const two = await upload("diffs", "t.csv", "g,v,w\na,1,x\nb,2,y\nc,3,z\n");
    const { body } = await call("GET", `/dataset-versions/${String(two.versionId)}`);
    expect(body.diff).toMatchObject({
      against: one.versionId,
      againstNumber: 1,
      diff: {
        columnsAdded: [{ name: "w", type: "string" }],
        rowsAdded: 1,
        rowsRemoved: 0,
        rowsComparedBy: "shared columns",
      },
    });
    const back = await call(
      "GET",
      `/dataset-diff?before=${String(two.versionId)}&after=${String(one.versionId)}`,
    );
    expect(back.body.diff).toMatchObject({ columnsRemoved: [{ name: "w", type: "string" }], rowsRemoved: 1 });
  });
});

describe("nothing half-registered", () => {
  test("a malformed file fails with line and column", async () => {
    const done = await upload("bad", "bad.csv", "a,b\n1,2\n3\n");
    expect(done).toMatchObject({
      state: "failed",
      versionId: null,
      error: { code: "too_few_values", line: 3, column: 2 },
    });
    expect(
      await database.db.$count(datasetVersions, eq(datasetVersions.datasetId, String(done.datasetId))),
    ).toBe(0);
    expect(await actionsOf(done.datasetId)).toContain("datasets.upload.fail");
  });

  test("a refused file is read again from the line that a person names, and compared as it was read", async () => {
    const text = (rows: string) => `Weather of 2024\n\ncity,t\n${rows}`;
    const refused = await upload("weather", "w.csv", text("Bern,3.5\nRom,4.25\n"));
    expect(refused).toMatchObject({
      state: "failed",
      error: { offer: { headerLine: 3, names: ["city", "t"] } },
    });
    const readFrom = async (id: unknown, headerLine: unknown) =>
      call("POST", `/uploads/${String(id)}/read-from-line`, { body: { headerLine } });
    expect((await readFrom(refused.id, 0)).status).toBe(400);
    const again = await readFrom(refused.id, 3);
    expect(again.status).toBe(202);
    const first = await settled(again.body.id);
    expect(first).toMatchObject({ state: "registered", versionNumber: 1 });
    expect((await readFrom(first.id, 3)).status).toBe(409);
    const other = await upload("weather", "w.csv", text("Bern,3.5\nRom,4.5\n"));
    const second = await settled((await readFrom(other.id, 3)).body.id);
    const { body } = await call(
      "GET",
      `/dataset-diff?before=${String(first.versionId)}&after=${String(second.versionId)}`,
    );
    expect(body.diff).toMatchObject({ rowsAdded: 1, rowsRemoved: 1, rowsUnchanged: 1 });
    const { body: version } = await call("GET", `/dataset-versions/${String(second.versionId)}`);
    expect(version).toMatchObject({ rowCount: 2, text: { headerLine: 3 } });
    expect(await actionsOf(refused.datasetId)).toContain("datasets.upload.read-from-line");
  });

  test("an inspector that is killed is started again, and one version comes of it", async () => {
    const rows = Array.from({ length: 200_000 }, (_, at) => `${at},${(at * 7919) % 1000},name-${at % 97}`);
    const { body } = await call("PUT", "/datasets/killed/uploads/k.csv?create=true", {
      raw: `id,v,n\n${rows.join("\n")}\n`,
    });
    const pid = await waitFor(() => inspectorOf(process.pid), { timeoutMs: 20_000, what: "the inspector" });
    process.kill(pid, "SIGKILL");
    const done = await settled(body.id);
    expect(done).toMatchObject({ state: "registered", versionNumber: 1 });
    expect(
      await database.db.$count(datasetVersions, eq(datasetVersions.datasetId, String(done.datasetId))),
    ).toBe(1);
    expect(readdirSync(path.join(home, "scratch"))).toEqual([]);
  });

  test("a connection that ends in the middle leaves a failed upload and no blob", async () => {
    await call("POST", "/datasets", { body: { name: "Cut off" } });
    const before = await database.db.$count(blobs);
    const { hostname, port } = new URL(base);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `PUT /api/v1/datasets/cut-off/uploads/c.csv HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${tokens.member}\r\ncontent-length: 1000\r\n\r\nid\n1\n`,
        );
        setTimeout(() => socket.destroy(), 300);
      });
      socket.on("close", () => resolve());
    });
    const failed = await waitFor(
      async () => {
        const { body } = await call("GET", "/datasets/cut-off");
        const [only] = z.array(z.object({ state: z.string(), message: z.string() })).parse(body.uploads);
        return only?.state === "failed" ? only : undefined;
      },
      { timeoutMs: 10_000, what: "the failed upload" },
    );
    expect(failed.message).toContain("before the whole file arrived");
    expect(await database.db.$count(blobs)).toBe(before);
  });

  test("a digest that does not match is refused", async () => {
    const answer = await call(
      "PUT",
      `/datasets/digest/uploads/d.csv?create=true&digest=sha256:${"0".repeat(64)}`,
      { raw: CSV },
    );
    expect([answer.status, answer.body.code]).toEqual([400, "invalid"]);
  });
});

function inspectorOf(parent: number): number | undefined {
  for (const name of readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const ppid = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      if (ppid === parent && readFileSync(`/proc/${name}/cmdline`, "utf8").includes("inspector/main.ts"))
        return Number(name);
    } catch {
      // The process ended while it was looked at.
    }
  }
  return undefined;
}

test("50 MB stream through without being held in memory", async () => {
  const chunk = Buffer.from("12345,some text of a row,0.123456789\n".repeat(1_800));
  const total = 50 * 1024 * 1024;
  let sent = 0;
  let peak = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (sent === 0) controller.enqueue(Buffer.from("a,b,c\n"));
      if (sent >= total) return controller.close();
      controller.enqueue(chunk);
      sent += chunk.length;
      peak = Math.max(peak, process.memoryUsage().rss);
    },
  });
  global.gc?.();
  const before = process.memoryUsage().rss;
  const response = await fetch(`${base}/datasets/large/uploads/large.csv?create=true`, {
    method: "PUT",
    headers: { authorization: `Bearer ${tokens.member}` },
    body,
    duplex: "half",
  } as RequestInit);
  expect(response.status).toBe(202);
  expect(Math.max(peak, process.memoryUsage().rss) - before).toBeLessThan(60 * 1024 * 1024);
  const { id } = z.object({ id: z.string() }).parse(await response.json());
  expect(await settled(id)).toMatchObject({ state: "registered" });
});

describe("who may", () => {
  test("a viewer and a read token cannot write, and no dataset appears", async () => {
    for (const token of [tokens.viewer, tokens.readOnly]) {
      const put = await call("PUT", "/datasets/denied/uploads/a.csv?create=true", { token, raw: CSV });
      expect([put.status, put.body.code]).toEqual([403, "forbidden"]);
      expect((await call("POST", "/datasets", { token, body: { name: "Denied" } })).status).toBe(403);
    }
    expect(await database.db.$count(datasets, eq(datasets.slug, "denied"))).toBe(0);
    expect((await call("GET", "/datasets", { token: tokens.viewer })).status).toBe(200);
  });

  test("another team's dataset, version, upload and file look missing", async () => {
    const done = await upload("secret", "s.csv", CSV);
    for (const url of [
      "/datasets/secret",
      `/datasets/${String(done.datasetId)}/versions`,
      `/dataset-versions/${String(done.versionId)}`,
      `/dataset-versions/${String(done.versionId)}/files/s.csv`,
      `/dataset-versions/${String(done.versionId)}/lineage`,
      `/uploads/${String(done.id)}`,
      `/dataset-diff?before=${String(done.versionId)}&after=${String(done.versionId)}`,
    ]) {
      const answer = await call("GET", url, { token: tokens.stranger });
      expect([url, answer.status, answer.body.code]).toEqual([url, 404, "not_found"]);
    }
    const list = await call("GET", "/datasets?q=secret", { token: tokens.stranger });
    expect(list.body).toMatchObject({ items: [], total: 0 });
    expect(
      (await call("PATCH", "/datasets/secret", { token: tokens.stranger, body: { name: "Mine" } })).status,
    ).toBe(404);
  });
});

describe("dataset verbs", () => {
  test("bad input names the field; a taken slug and a stale update are conflicts", async () => {
    const bad = await call("PUT", "/datasets/x/uploads/..%2Fetc?create=true", { raw: CSV });
    expect([bad.status, bad.body.code]).toEqual([400, "invalid"]);
    expect((await call("POST", "/datasets", { body: { name: "", slug: "No!" } })).body.details).toMatchObject(
      {
        fields: { name: "Enter a name." },
      },
    );
    const made = await call("POST", "/datasets", {
      body: { name: "Wine quality", classification: "public" },
    });
    expect([made.status, made.body.slug]).toEqual([201, "wine-quality"]);
    expect((await call("POST", "/datasets", { body: { name: "Wine  Quality" } })).status).toBe(409);
    const fresh = await call("PATCH", "/datasets/wine-quality", {
      body: { classification: "restricted", expectedUpdatedAt: made.body.updatedAt },
    });
    expect([fresh.status, fresh.body.classification]).toEqual([200, "restricted"]);
    const stale = await call("PATCH", "/datasets/wine-quality", {
      body: { classification: "public", expectedUpdatedAt: made.body.updatedAt },
    });
    expect(stale.status).toBe(409);
    const foreign = await call("PATCH", "/datasets/wine-quality", { body: { ownerId: "usr_nobody" } });
    expect(foreign.body.details).toMatchObject({ fields: { ownerId: "is no member of this team" } });
  });

  test("an archived dataset takes no versions until it is restored", async () => {
    await call("POST", "/datasets", { body: { name: "Old" } });
    expect((await call("POST", "/datasets/old/archive")).status).toBe(200);
    expect((await call("POST", "/datasets/old/archive")).status).toBe(409);
    expect((await call("PUT", "/datasets/old/uploads/a.csv", { raw: CSV })).status).toBe(412);
    expect((await call("GET", "/datasets?q=old")).body.total).toBe(0);
    expect((await call("GET", "/datasets?q=old&state=archived")).body.total).toBe(1);
    expect((await call("POST", "/datasets/old/restore")).status).toBe(200);
  });

  test("the list pages without gaps or doubles, filters, and exports what is filtered", async () => {
    for (const at of [1, 2, 3, 4, 5]) {
      await call("POST", "/datasets", {
        body: { name: `Paged ${at}`, classification: at > 3 ? "confidential" : "public" },
      });
    }
    const names: unknown[] = [];
    let cursor = "";
    do {
      const { body } = await call(
        "GET",
        `/datasets?q=paged&sort=name&order=asc&limit=2${cursor && `&cursor=${cursor}`}`,
      );
      const page = z
        .object({
          items: z.array(z.object({ name: z.string() })),
          nextCursor: z.string().nullable(),
          total: z.number(),
        })
        .parse(body);
      expect(page.total).toBe(5);
      names.push(...page.items.map((item) => item.name));
      cursor = page.nextCursor ?? "";
    } while (cursor);
    expect(names).toEqual([1, 2, 3, 4, 5].map((at) => `Paged ${at}`));
    const csv = await fetch(
      `${base}/datasets-export?q=paged&classification=confidential&sort=name&order=asc`,
      {
        headers: { authorization: `Bearer ${tokens.member}` },
      },
    );
    expect(
      (await csv.text())
        .trim()
        .split("\r\n")
        .map((line) => line.split(",")[0]),
    ).toEqual(["slug", "paged-4", "paged-5"]);
  });
});

test("a job's output becomes a version with its edge in the lineage", async () => {
  const { ingestFile } = await import("./index");
  const { systemCtx } = await import("@/server/kit/handlers");
  const { objectStore } = await import("@/server/composition");
  const { Readable } = await import("node:stream");
  const { inTransaction } = await import("@/server/core/verb");
  const blob = await objectStore().put(Readable.from([Buffer.from("x,y\n1,2\n")]));
  await database.db.insert(blobs).values(blob).onConflictDoNothing();
  const input = {
    slug: "produced",
    name: "Produced",
    blobDigest: blob.digest,
    fileName: "out.csv",
    producedByJobId: "job_x",
  };
  const row = await inTransaction(systemCtx(teamId), (ctx) => ingestFile(ctx, input));
  const again = await inTransaction(systemCtx(teamId), (ctx) => ingestFile(ctx, input));
  expect(again.id).toBe(row.id);
  const done = await settled(row.id);
  const edges = await database.db
    .select()
    .from(lineageEdges)
    .where(and(eq(lineageEdges.toId, String(done.versionId)), eq(lineageEdges.relation, "produced")));
  expect(edges).toHaveLength(1);
  const { body } = await call("GET", `/dataset-versions/${String(done.versionId)}/lineage`);
  expect(body).toMatchObject({
    upstream: [{ kind: "job", id: "job_x", relation: "produced" }],
    downstream: [],
  });
  const { body: timeline } = await call("GET", "/datasets/produced/timeline");
  expect(
    z
      .array(z.object({ action: z.string() }))
      .parse(timeline.items)
      .map((item) => item.action),
  ).toEqual([
    "datasets.version.register",
    "datasets.upload.repeat",
    "datasets.upload.receive",
    "datasets.dataset.create",
  ]);
  await expect(database.db.execute(sql`update dataset_versions set row_count = 0`)).rejects.toThrow();
});

test("leaves it known who refers to each blob", async () => {
  const { kept, ...differences } = await blobRefDifferences(database.db);
  expect(differences).toEqual({ stale: [], missing: [] });
  expect(kept).toBeGreaterThan(0);
});
