import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { makeHome } from "./files";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mw-files-"));

it("a home that cannot be used is told in words, and one that can is left empty", () => {
  const file = path.join(folder, "file");
  fs.writeFileSync(file, "");
  expect(() => makeHome(path.join(file, "home"))).toThrow(
    /home cannot be used: a part of the path is a file/,
  );
  expect(() => makeHome(file)).toThrow(/cannot be used: it is a file/);
  const home = path.join(folder, "a b", "home");
  makeHome(home);
  makeHome(home);
  expect(fs.readdirSync(home)).toEqual([]);
  // An administrator may write anywhere.
  if (process.getuid?.() === 0) return;
  fs.chmodSync(home, 0o500);
  expect(() => makeHome(home)).toThrow(/this user may not write there/);
});
