import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeTree } from "./files.mjs";
import { collectOutputs, MAX_PATH_BYTES, OutputsRefused } from "./outputs.mjs";

let folder: string;
let out: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(realpathSync(tmpdir()), "mw-outputs-"));
  chmodSync(folder, 0o777);
  out = path.join(folder, "out");
  mkdirSync(out);
});
afterEach(() => removeTree(folder));

const never = () => undefined;
const collect = (checkStop: () => void = never) => collectOutputs(out, null, checkStop);
const paths = async () => (await collect()).map((output) => output.path);
const put = (name: string | Buffer, text = "x") =>
  writeFileSync(Buffer.concat([Buffer.from(`${out}/`), Buffer.from(name)]), text);
/** Runs where we are root, too: as somebody to whom rights matter. */
const OTHER = 12_345;
const isRoot = process.getuid?.() === 0;

/** A small generator of its own, so that a failure can be repeated. */
function numbers(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % below;
  };
}

/** Folders that get deeper than a path may be long. */
const dig = (start: string, levels: number) =>
  execFileSync("python3", [
    "-c",
    `import os, sys
os.chdir(sys.argv[1])
for _ in range(${levels}):
    os.mkdir("deeper"); os.chdir("deeper")
open("file", "w").close()`,
    start,
  ]);

describe("what a job left in its output folder", () => {
  it("is found as find and sha256sum find it, under whatever names", async () => {
    const next = numbers(20_261_128);
    const letters = [
      "a",
      "B",
      " ",
      "'",
      '"',
      "\\",
      "\n",
      "\t",
      "\u0001",
      "é",
      "漢",
      "🦊",
      "*",
      "-",
      "..",
      "%2f",
    ];
    const folders = [""];
    for (let index = 0; index < 300; index += 1) {
      const word = Array.from({ length: 1 + next(6) }, () => letters[next(letters.length)]).join("");
      const name = `${folders[next(folders.length)]}${word}${index}`;
      if (next(5) === 0) {
        mkdirSync(path.join(out, name));
        folders.push(`${name}/`);
      } else put(name, `content ${next(50)}`);
    }
    const names = execFileSync("find", [".", "-type", "f", "-print0"], { cwd: out, encoding: "utf8" })
      .split("\0")
      .filter(Boolean);
    const digests = execFileSync("sha256sum", ["--zero", "--", ...names], { cwd: out, encoding: "utf8" })
      .split("\0")
      .filter(Boolean)
      .map((line) => [line.slice(68), `sha256:${line.slice(0, 64)}`]);
    const found = await collect();
    expect(found.length).toBeGreaterThan(200);
    expect(Object.fromEntries(found.map((output) => [output.path, output.digest]))).toEqual(
      Object.fromEntries(digests),
    );
  });

  it("leaves out what is no file, and does not wait for it", async () => {
    execFileSync("mkfifo", [path.join(out, "pipe")]);
    symlinkSync("pipe", path.join(out, "link to a pipe"));
    execFileSync("python3", [
      "-c",
      "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])",
      path.join(out, "socket"),
    ]);
    mkdirSync(path.join(out, "empty"));
    put("file");
    linkSync(path.join(out, "file"), path.join(out, "same file"));
    expect(await paths()).toEqual(["file", "same file"]);
  });

  it.each([
    [
      "a name that is no text",
      Buffer.from([0x61, 0xff, 0x0a]),
      'Output "a\\\\xff\\\\n" has a name that is not UTF-8',
    ],
    ["a name cut inside a letter", Buffer.from([0xe6, 0xbc]), "has a name that is not UTF-8"],
  ])("fails with words, and no place of the machine, at %s", async (_what, name, words) => {
    put(name);
    const error = await collect().catch((problem: unknown) => problem);
    expect(String(error)).toMatch(new RegExp(words));
    expect(String(error)).not.toContain(folder);
  });

  it("names the first that it refuses, counts the others, and hands over what can be kept", async () => {
    put("good");
    put(Buffer.from([0x61, 0xff]));
    mkdirSync(path.join(out, "in"));
    put("in/good too");
    symlinkSync(folder, path.join(out, "away"));
    const error = await collect().catch((problem: unknown) => problem);
    expect(String(error)).toMatch(/\(and 1 more output is not kept\)$/);
    const kept = error instanceof OutputsRefused ? error.outputs.map((output) => output.path) : error;
    expect(kept).toEqual(["good", "in/good too"]);
  });

  it("does not follow a link to a name that is no text", async () => {
    const name = Buffer.from([0x61, 0xff]);
    put(name);
    symlinkSync(name, path.join(out, "link"));
    const error = await collect().catch((problem: unknown) => problem);
    expect(String(error)).toMatch(/is not UTF-8: rename (it|that) \(and 1 more/);
    expect(String(error)).not.toContain(folder);
  });

  it("fails at a path longer than a row of the list may hold, and takes one that is not", async () => {
    const long = `${"d".repeat(200)}/`.repeat(5);
    mkdirSync(path.join(out, long), { recursive: true });
    put(`${long}${"é".repeat(Math.floor((MAX_PATH_BYTES - long.length) / 2))}`);
    expect(await paths()).toHaveLength(1);
    put(`${long}${"é".repeat(Math.floor((MAX_PATH_BYTES - long.length) / 2) + 1)}`);
    await expect(collect()).rejects.toThrow(`more than ${MAX_PATH_BYTES} bytes`);
  });

  it("fails where folders go deeper than a path may name", async () => {
    dig(out, 3_000);
    await expect(collect()).rejects.toThrow(`more than ${MAX_PATH_BYTES} bytes`);
  });

  it("fails at more files, folders and other things than anybody could look through", async () => {
    const most = 200;
    const bounded = () => collectOutputs(out, null, never, most);
    for (let index = 0; index < most; index += 1) put(`f${index}`, "");
    expect(await bounded()).toHaveLength(most);
    mkdirSync(path.join(out, "one more"));
    await expect(bounded()).rejects.toThrow("more than 200 outputs");
  });

  it("fails at a file of holes that no disk could hold, and takes one that it could", async () => {
    put("sparse", "");
    truncateSync(path.join(out, "sparse"), 2 ** 20);
    expect(await paths()).toEqual(["sparse"]);
    truncateSync(path.join(out, "sparse"), 2 ** 43);
    await expect(collect()).rejects.toThrow("mostly holes");
  });

  it("is not read to its end when the attempt has to end", async () => {
    put("large", "");
    truncateSync(path.join(out, "large"), 2 ** 30);
    let looks = 0;
    const checkStop = () => {
      looks += 1;
      if (looks > 5) throw new Error("stopped");
    };
    await expect(collect(checkStop)).rejects.toThrow("stopped");
    expect(looks).toBe(6);
  });

  it("fails at what its reader may not read, by its own name", async () => {
    put("closed");
    mkdirSync(path.join(out, "closed folder"));
    for (const name of ["closed", "closed folder"]) chmodSync(path.join(out, name), 0o000);
    const told = (name: string) => {
      // Beside its imports, where another user finds them.
      for (const file of ["outputs.mjs", "files.mjs"])
        copyFileSync(path.join(import.meta.dirname, file), path.join(folder, file));
      const program = `import(${JSON.stringify(path.join(folder, "outputs.mjs"))})
        .then(({ collectOutputs }) => collectOutputs(${JSON.stringify(out)}, null, () => {}))
        .then(() => console.log("read"), (error) => console.log(error.message));`;
      const user = isRoot ? { uid: OTHER, gid: OTHER } : {};
      const { stdout } = spawnSync(process.execPath, ["-e", program], {
        ...user,
        cwd: "/",
        encoding: "utf8",
        env: {} as never,
      });
      expect(stdout, name).toContain(`Output "${name}" may not be read`);
      expect(stdout).not.toContain(folder);
    };
    told("closed folder");
    rmSync(path.join(out, "closed folder"), { recursive: true });
    told("closed");
  });
});

describe("the end of a tree that a job made", () => {
  it("comes, however deep it is and whatever its names are", async () => {
    dig(out, 5_000);
    put(Buffer.from([0x61, 0xff]));
    await removeTree(out);
    expect(existsSync(out)).toBe(false);
  });

  it("comes for folders that not even their owner may enter", () => {
    copyFileSync(path.join(import.meta.dirname, "files.mjs"), path.join(folder, "files.mjs"));
    const program = `const { mkdirSync, chmodSync, existsSync } = require("node:fs");
      const tree = ${JSON.stringify(path.join(folder, "tree"))};
      mkdirSync(tree + "/a/b/c", { recursive: true });
      for (const each of ["/a/b/c", "/a/b", "/a", ""]) chmodSync(tree + each, 0);
      import(${JSON.stringify(path.join(folder, "files.mjs"))}).then(({ removeTree }) => removeTree(tree))
        .then(() => console.log(existsSync(tree)), (error) => console.log(error.message));`;
    const user = isRoot ? { uid: OTHER, gid: OTHER } : {};
    const { stdout } = spawnSync(process.execPath, ["-e", program], {
      ...user,
      cwd: "/",
      encoding: "utf8",
      env: {} as never,
    });
    expect(stdout).toBe("false\n");
  });
});
