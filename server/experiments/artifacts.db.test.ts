import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { artifacts } from "@/db/schema";
import { createTestDatabase, trafficOf, type TestDatabase } from "@/db/testing";
import { createRun, listArtifacts } from "./index";
import { memberOf } from "./testing";

let database: TestDatabase;
let root: string;
let otherRoot: string;
const ours = () => ({ actor: memberOf("team_ours"), db: database.db });
const list = (folder = "") => listArtifacts.execute(ours(), { path: folder ? `${root}/${folder}` : root });

beforeAll(async () => {
  database = await createTestDatabase();
  root = (await createRun.execute(ours(), {})).artifactRoot;
  otherRoot = (await createRun.execute(ours(), {})).artifactRoot;
  const paths = [
    "model/MLmodel",
    "model/data/weights.bin",
    "model/data/more/weights.bin",
    "model2/MLmodel",
    "model",
    "100%_done/a.txt",
    "100xydone/b.txt",
    "🙂 bilder/größe/ä.png",
    "🙂 bilder/🙂.png",
    "notes.txt",
  ];
  const row = { teamId: "team_ours", digest: `sha256:${"0".repeat(64)}` };
  await database.db
    .insert(artifacts)
    .values([
      ...paths.map((path, index) => ({ ...row, root, path, sizeBytes: 2 ** 40 + index })),
      { ...row, root: otherRoot, path: "model/other.txt", sizeBytes: 1 },
    ]);
});
afterAll(() => database.close());

describe("a folder of artifacts", () => {
  it("shows its own level, folders first; a name that is both is the folder", async () => {
    expect(await list()).toEqual([
      { path: "🙂 bilder", isDir: true, sizeBytes: undefined },
      { path: "100%_done", isDir: true, sizeBytes: undefined },
      { path: "100xydone", isDir: true, sizeBytes: undefined },
      { path: "model", isDir: true, sizeBytes: undefined },
      { path: "model2", isDir: true, sizeBytes: undefined },
      { path: "notes.txt", isDir: false, sizeBytes: 2 ** 40 + 9 },
    ]);
  });

  it.each([
    ["model", ["model/data", "model/MLmodel"]],
    ["model/data", ["model/data/more", "model/data/weights.bin"]],
    ["100%_done", ["100%_done/a.txt"]],
    ["🙂 bilder", ["🙂 bilder/größe", "🙂 bilder/🙂.png"]],
    ["🙂 bilder/größe", ["🙂 bilder/größe/ä.png"]],
    ["notes.txt", []],
    ["none", []],
  ])("%s holds only what lies in it", async (folder, paths) => {
    expect((await list(folder)).map((entry) => entry.path)).toEqual(paths);
  });

  it("comes from the database folded, not file by file", async () => {
    const many = (await createRun.execute(ours(), {})).artifactRoot;
    await database.db.execute(sql`
      insert into artifacts (root, path, team_id, digest, size_bytes)
      select ${many}, 'f' || n % 3 || '/' || n, 'team_ours', 'sha256:0', 1 from generate_series(1, 3000) n`);
    const traffic = await trafficOf(async () =>
      expect(await listArtifacts.execute(ours(), { path: many })).toHaveLength(3),
    );
    // The run, and one row for each entry.
    expect(traffic).toEqual({ statements: 2, rows: 4 });
  });
});
