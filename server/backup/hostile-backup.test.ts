import { createHash, randomUUID } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { createObjectStore } from "@/server/adapters/object-store";
import { homeFiles, isHomeFile } from "./home-files";
import { checkFiles, MANIFEST, MANIFEST_DIGEST, readManifest, writeManifest, Manifest } from "./manifest";
import { restoreBackup } from "./restore-backup";
import { takeBackup } from "./take-backup";

/** A backup may have been made by anyone: a restore, which often runs as root, must not be led astray by it. */

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "mw-hostile-"));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");
const folder = () => path.join(scratch, randomUUID());
const BLOB = `objects/sha256/${sha256("blob").slice(0, 2)}/${sha256("blob").slice(2)}`;
const FILES: Record<string, string | Buffer> = {
  "auth-secret": "secret\n",
  "keys/log-ed25519.pem": "key\n",
  "objects.txt": `sha256:${sha256("blob")} 4\n`,
  "database/public.teams.copy.gz": gzipSync("a\tb\n"),
};

function plainManifest(): Manifest {
  return {
    format: 1,
    madeAt: "2026-11-29T09:00:00.000Z",
    release: "0.1.0",
    migrations: [{ createdAt: 1, hash: sha256("migration") }],
    engine: null,
    tables: [
      {
        schema: "public",
        name: "teams",
        columns: ["id"],
        rows: 1,
        bytes: 4,
        file: "database/public.teams.copy.gz",
      },
    ],
    sequences: [{ schema: "public", name: "teams_seq", value: "1", isCalled: false }],
    partitions: [
      {
        schema: "public",
        parent: "predictions",
        name: "predictions_w1",
        bound: "FOR VALUES FROM ('2026-11-23 00:00:00+00') TO ('2026-11-30 00:00:00+00')",
      },
    ],
    blobs: { count: 1, bytes: 4, lacking: [] },
    checkpoint: null,
    files: Object.entries(FILES).map(([name, bytes]) => ({
      path: name,
      sha256: sha256(bytes),
      sizeBytes: Buffer.byteLength(bytes),
    })),
  };
}

/** A whole little backup. */
function makeBackup(): string {
  const backup = folder();
  for (const [name, bytes] of [...Object.entries(FILES), [BLOB, "blob"] as const]) {
    fs.mkdirSync(path.dirname(path.join(backup, name)), { recursive: true });
    fs.writeFileSync(path.join(backup, name), bytes);
  }
  writeManifest(backup, plainManifest());
  return backup;
}

/** What somebody writes who knows how: the digest fits, whatever the manifest says. */
function forge(change: (text: string) => string): string {
  const backup = makeBackup();
  const text = change(fs.readFileSync(path.join(backup, MANIFEST), "utf8"));
  fs.writeFileSync(path.join(backup, MANIFEST), text);
  fs.writeFileSync(path.join(backup, MANIFEST_DIGEST), `${sha256(text)}\n`);
  return backup;
}

const swap = (from: string, to: string) => (text: string) => {
  if (!text.includes(from)) throw new Error(`The manifest has no ${from}.`);
  return text.replace(from, () => to);
};
const inJson = (text: string) => JSON.stringify(text).slice(1, -1);

async function restore(backup: string, home = folder()): Promise<void> {
  const store = createObjectStore({ url: undefined, home });
  await restoreBackup(backup, { home, external: undefined, store }, () => undefined);
}

const refusal = (message: RegExp) => ({ name: "LauncherError", message: expect.stringMatching(message) });

it("is whole before it is altered", async () => {
  const backup = makeBackup();
  await checkFiles(backup, readManifest(backup));
});

describe("a manifest that lies", () => {
  it.each([
    [
      "a path out of the folder",
      "keys/log-ed25519.pem",
      "../../../../root/.ssh/authorized_keys",
      /files\.1\.path/,
    ],
    ["a path from the root", "keys/log-ed25519.pem", "/etc/passwd", /files\.1\.path/],
    ["a path that climbs within", "keys/log-ed25519.pem", "keys/../../x", /files\.1\.path/],
    ["a hidden path", "keys/log-ed25519.pem", "keys/..", /files\.1\.path/],
    [
      "a table's file elsewhere",
      '"file": "database/public.teams.copy.gz"',
      '"file": "../secret"',
      /tables\.0\.file/,
    ],
    [
      "a table of the server itself",
      '"schema": "public",\n      "name": "teams"',
      '"schema": "pg_catalog",\n      "name": "pg_authid"',
      /tables\.0\.schema/,
    ],
    [
      "a statement as a table's name",
      '"name": "teams"',
      '"name": "teams; drop table users"',
      /tables\.0\.name/,
    ],
    ["a statement as a column", '"id"', `"${inJson("id\") from program 'id")}"`, /tables\.0\.columns/],
    [
      "a statement as a bound",
      "TO ('2026-11-30 00:00:00+00')",
      "TO ('2026-11-30'); drop table users; --",
      /partitions\.0\.bound/,
    ],
    ["a call as a bound", "TO ('2026-11-30 00:00:00+00')", "TO (pg_sleep(9)::text)", /partitions\.0\.bound/],
    [
      "a partition under another's name",
      '"name": "predictions_w1"',
      '"name": "users"',
      /named after its table/,
    ],
    ["a number that is none", '"value": "1"', '"value": "1) , pg_sleep(9"', /sequences\.0\.value/],
    ["a field that no backup has", '"format": 1', '"format": 1, "run": "id"', /a value that no backup has/],
  ])("is refused: %s", async (_what, from, to, message) => {
    const home = folder();
    await expect(restore(forge(swap(from, to)), home)).rejects.toMatchObject(refusal(message));
    expect(fs.existsSync(home)).toBe(false);
  });

  it("is refused when a table's file is not listed, or a table is named twice", async () => {
    const unlisted = forge((text) => {
      const manifest = Manifest.parse(JSON.parse(text));
      return JSON.stringify({
        ...manifest,
        files: manifest.files.filter((file) => !file.path.startsWith("database/")),
      });
    });
    await expect(restore(unlisted)).rejects.toMatchObject(refusal(/does not list database/));
    const twice = forge((text) => {
      const manifest = Manifest.parse(JSON.parse(text));
      return JSON.stringify({ ...manifest, tables: [...manifest.tables, ...manifest.tables] });
    });
    await expect(restore(twice)).rejects.toMatchObject(refusal(/names a table twice/));
  });
});

describe("files that are not what they were", () => {
  const cases: [what: string, alter: (backup: string) => void, message: RegExp][] = [
    [
      "a changed manifest",
      (b) => fs.appendFileSync(path.join(b, MANIFEST), " "),
      /manifest\.json is not what was written/,
    ],
    ["no manifest", (b) => fs.rmSync(path.join(b, MANIFEST)), /holds no backup/],
    ["no digest of it", (b) => fs.rmSync(path.join(b, MANIFEST_DIGEST)), /manifest\.sha256 is missing/],
    [
      "other bytes",
      (b) => fs.writeFileSync(path.join(b, "keys/log-ed25519.pem"), "KEY\n"),
      /keys\/log-ed25519\.pem has other bytes/,
    ],
    [
      "a cut table",
      (b) => fs.truncateSync(path.join(b, "database/public.teams.copy.gz"), 9),
      /public\.teams\.copy\.gz has another size/,
    ],
    ["a missing file", (b) => fs.rmSync(path.join(b, "auth-secret")), /auth-secret is missing/],
    [
      "a folder for a file",
      (b) => {
        fs.rmSync(path.join(b, "auth-secret"));
        fs.mkdirSync(path.join(b, "auth-secret"));
      },
      /auth-secret is not a file/,
    ],
  ];
  it.each(cases)("are named: %s", async (_what, alter, message) => {
    const backup = makeBackup();
    alter(backup);
    const home = folder();
    await expect(restore(backup, home)).rejects.toMatchObject(refusal(message));
    expect(fs.existsSync(home)).toBe(false);
  });

  it.each(["auth-secret", "keys", "database", MANIFEST])(
    "are refused when they are links: %s",
    async (name) => {
      const backup = makeBackup();
      const real = folder();
      fs.renameSync(path.join(backup, name), real);
      fs.symlinkSync(real, path.join(backup, name));
      await expect(restore(backup)).rejects.toMatchObject(refusal(/is a link or lies behind one/));
    },
  );
});

describe("a home", () => {
  it.each([
    ["keys/log-ed25519.pem", true],
    ["auth-secret", true],
    ["spool/000000000001.log", true],
    ["spool/position.json", true],
    ["pg/access.json", false],
    ["run/launcher.json", false],
    ["jobs/place.json", false],
    ["keys/a/b.pem", false],
    ["keys/.pem", false],
    ["bin/sh", false],
  ])("takes of a backup what is its own and nothing else: %s", (name, is) => {
    expect(isHomeFile(name)).toBe(is);
  });

  it("that holds data, or a restore that was cut off, is refused", async () => {
    const home = folder();
    fs.mkdirSync(home);
    fs.writeFileSync(path.join(home, "auth-secret"), "mine");
    await expect(restore(makeBackup(), home)).rejects.toMatchObject(refusal(/holds data: auth-secret/));
    expect(fs.readFileSync(path.join(home, "auth-secret"), "utf8")).toBe("mine");
    fs.writeFileSync(path.join(home, "half-restored"), "");
    await expect(restore(makeBackup(), home)).rejects.toMatchObject(refusal(/was cut off/));
  });

  it("whose keys are links, as platforms hand out secrets, is backed up with them", () => {
    const home = folder();
    const real = folder();
    fs.mkdirSync(path.join(home, "keys"), { recursive: true });
    fs.writeFileSync(real, "key");
    fs.symlinkSync(real, path.join(home, "keys", "log-ed25519.pem"));
    fs.symlinkSync("/nowhere", path.join(home, "keys", "gone.pem"));
    expect(homeFiles(home)).toEqual(["keys/log-ed25519.pem"]);
  });
});

describe("a folder for a backup", () => {
  const home = folder();
  const into = (target: string) =>
    takeBackup(
      {
        home,
        store: createObjectStore({ url: undefined, home }),
        ownerUrl: "postgres://nobody@127.0.0.1:1/x",
        appUrl: "postgres://nobody@127.0.0.1:1/x",
      },
      target,
    );
  it("is new or empty, and not the installation's own", async () => {
    fs.mkdirSync(path.join(home, "backups"), { recursive: true });
    const used = folder();
    fs.mkdirSync(used);
    fs.writeFileSync(path.join(used, "mine"), "");
    await expect(into(used)).rejects.toMatchObject(refusal(/is not empty/));
    await expect(into(path.join(used, "mine"))).rejects.toMatchObject(refusal(/is not a folder/));
    await expect(into(path.join(home, "backups", "one"))).rejects.toMatchObject(
      refusal(/lies in the installation/),
    );
    await expect(into(home)).rejects.toMatchObject(refusal(/lies in the installation/));
    const other = folder();
    fs.mkdirSync(`${other}.part`);
    await expect(into(other)).rejects.toMatchObject(refusal(/runs, or was cut off/));
    expect(fs.readdirSync(used)).toEqual(["mine"]);
  });

  it("is not left half written when the database does not answer", async () => {
    const target = folder();
    await expect(into(target)).rejects.toThrow(/ECONNREFUSED/);
    expect([target, `${target}.part`].map((each) => fs.existsSync(each))).toEqual([false, false]);
  });
});
