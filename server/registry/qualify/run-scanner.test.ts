import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { runScanner } from "./run-scanner";

const children = () =>
  fs.readdirSync("/proc/self/task").flatMap((thread) =>
    fs
      .readFileSync(`/proc/self/task/${thread}/children`, "utf8")
      .split(" ")
      .filter((pid) => pid !== ""),
  ).length;

test.runIf(process.platform === "linux")(
  "many versions are scanned, but no more than two processes at once",
  { timeout: 120_000 },
  async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mw-scan-"));
    const file = path.join(folder, "notes.txt");
    fs.writeFileSync(file, "plain words\n");
    const before = children();
    const digest = `sha256:${"0".repeat(64)}`;
    let most = 0;
    let done = false;
    const all = Promise.all(
      Array.from({ length: 3 }, () =>
        runScanner({ files: [{ path: "notes.txt", digest, file }], weightsPath: null }),
      ),
    ).finally(() => {
      done = true;
    });
    while (!done) {
      most = Math.max(most, children() - before);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await all).map(({ files }) => files[0]?.verdict)).toEqual(Array<string>(3).fill("pass"));
    expect(most).toBe(2);
    fs.rmSync(folder, { recursive: true });
  },
);
