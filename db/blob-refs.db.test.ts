import fc from "fast-check";
import { sql, type SQL } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blobRefDifferences, createTestDatabase, type TestDatabase } from "./testing";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.db.execute(sql`insert into teams (id, slug, name) values ('team_1', 'one', 'One')`);
  for (const n of [1, 2, 3]) {
    await database.db.execute(sql`
      insert into jobs (id, team_id, name, spec, spec_digest, created_by, cpu_milli, memory_bytes, time_limit_seconds, state)
      values (${`job_${n}`}, 'team_1', 'j', '{}', '', 'usr_1', 1, 1, 1, 'queued')`);
    await database.db.execute(sql`
      insert into job_attempts (id, job_id, number, state) values (${`att_${n}`}, ${`job_${n}`}, 1, 'running')`);
  }
});
afterAll(() => database.close());

const digests = fc.constantFrom("a", "b", "c").map((digit) => `sha256:${digit.repeat(64)}`);
const numbers = fc.constantFrom(1, 2, 3);
const paths = fc.constantFrom("x", "y/z");

/** What the code does to rows that refer to blobs, in any order. */
const steps = fc.oneof(
  fc.record({ n: numbers, path: paths, digest: digests }).map(
    ({ n, path, digest }): SQL => sql`
      insert into artifacts (root, path, team_id, digest, size_bytes) values (${`1/${n}/artifacts`}, ${path}, 'team_1', ${digest}, 3)
      on conflict (root, path) do update set digest = excluded.digest, size_bytes = excluded.size_bytes`,
  ),
  numbers.map((n): SQL => sql`delete from artifacts where root = ${`1/${n}/artifacts`}`),
  fc.record({ n: numbers, to: numbers }).map(
    ({ n, to }): SQL => sql`
      update artifacts a set root = ${`1/${to}/artifacts`} where a.root = ${`1/${n}/artifacts`}
      and not exists (select 1 from artifacts o where o.root = ${`1/${to}/artifacts`} and o.path = a.path)`,
  ),
  fc.record({ n: numbers, path: paths, digest: digests }).map(
    ({ n, path, digest }): SQL => sql`
      insert into job_outputs (job_id, path, digest, size_bytes) values (${`job_${n}`}, ${path}, ${digest}, 3) on conflict do nothing`,
  ),
  numbers.map((n): SQL => sql`delete from job_outputs where job_id = ${`job_${n}`}`),
  fc
    .record({ n: numbers, digest: fc.option(digests) })
    .map(
      ({ n, digest }): SQL =>
        sql`update job_attempts set log_digest = ${digest}, log_size_bytes = 5 where id = ${`att_${n}`}`,
    ),
  fc
    .record({ n: numbers, files: fc.uniqueArray(fc.tuple(paths, digests), { selector: ([path]) => path }) })
    .map(({ n, files }): SQL => {
      const code = { code: { files: files.map(([path, digest]) => ({ path, digest, sizeBytes: 2 })) } };
      return sql`update jobs set spec = ${JSON.stringify(code)}::jsonb where id = ${`job_${n}`}`;
    }),
);

describe("references to blobs", () => {
  it("are what a scan of all tables finds, after any sequence of changes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 12 }), async (sequence) => {
        for (const step of sequence) await database.db.execute(step);
        expect(await blobRefDifferences(database.db)).toMatchObject({ stale: [], missing: [] });
      }),
      { numRuns: 60 },
    );
  });

  it("are what committed, when writers come at once and some go back", async () => {
    const digest = `sha256:${"d".repeat(64)}`;
    const write = (path: string, fails: boolean) =>
      database.db
        .transaction(async (tx) => {
          await tx.execute(
            sql`insert into artifacts (root, path, team_id, digest, size_bytes) values ('1/9/artifacts', ${path}, 'team_1', ${digest}, 3)`,
          );
          if (fails) throw new Error("goes back");
        })
        .catch(() => undefined);
    await Promise.all(Array.from({ length: 20 }, (_, n) => write(`${n}`, n % 3 === 0)));
    const found = await blobRefDifferences(database.db);
    expect(found).toMatchObject({ stale: [], missing: [] });
    const { rows } = await database.db.execute(sql`select 1 from blob_refs where digest = ${digest}`);
    expect(rows).toHaveLength(13);
  });

  it("hold their blob, and nobody but the triggers writes them", async () => {
    const digest = `sha256:${"e".repeat(64)}`;
    await database.db.execute(
      sql`insert into artifacts (root, path, team_id, digest, size_bytes) values ('1/8/artifacts', 'x', 'team_1', ${digest}, 3)`,
    );
    const deleteBlob = () => database.db.execute(sql`delete from blobs where digest = ${digest}`);
    await expect(deleteBlob()).rejects.toMatchObject({
      cause: { constraint: "blob_refs_digest_blobs_digest_fk" },
    });
    await expect(database.db.execute(sql`delete from blob_refs`)).rejects.toMatchObject({
      cause: { message: expect.stringContaining("permission denied") },
    });
    await database.db.execute(sql`delete from artifacts where root = '1/8/artifacts'`);
    await deleteBlob();
  });
});
