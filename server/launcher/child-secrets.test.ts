import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { divideEnvironment } from "@/server/core/told-secrets";
import { waitFor } from "@/db/testing/wait-for";
import { startChild } from "./child";

let home: string;
beforeAll(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), "mw-child-"));
});
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));

/** Says which session keyring it has, that of a login if there was one. */
const KEYRING = [
  "python3",
  "-c",
  `import ctypes, platform; call = {"x86_64": 250, "aarch64": 219}.get(platform.machine(), -1)
print(ctypes.CDLL(None).syscall(call, 0, ctypes.c_int(-3), 0))`,
] as const;

/** Says what the process, a thread of it and a child of it know. */
const ENTRY = (core: string) => `
import fs from "node:fs";
import { spawnSync } from "node:child_process";
import { Worker } from "node:worker_threads";
import { env } from ${JSON.stringify(path.join(core, "env.ts"))};
const known = env().authSecret;
const thread = new Worker(new URL("./thread.mjs", import.meta.url));
const inThread = await new Promise((resolve) => thread.once("message", resolve));
const child = spawnSync(process.execPath, ["-p", "JSON.stringify(process.env)"], { encoding: "utf8" }).stdout;
const file = "/proc/self/environ";
const seen = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
console.log("known " + JSON.stringify({ secret: known, inThread, key: process.env.AWS_SECRET_ACCESS_KEY }));
console.log("environ " + JSON.stringify(seen));
console.log("child " + JSON.stringify(child));
const keyring = spawnSync(${JSON.stringify(KEYRING[0])}, ${JSON.stringify(KEYRING.slice(1))}, { encoding: "utf8" }).stdout;
console.log("keyring " + keyring.trim());
process.send("ready");
setInterval(() => {}, 1e6);`;
const THREAD = (core: string) => `
import { register } from "tsx/esm/api";
import { parentPort } from "node:worker_threads";
register();
const { env } = await import(${JSON.stringify(path.join(core, "env.ts"))});
parentPort.postMessage(env().authSecret);`;

describe("what the launcher's children are told in secret", () => {
  it(
    "is known to them and their threads, at each start, and stands in no environment",
    { timeout: 60_000 },
    async () => {
      const core = path.resolve("server/core");
      // Below the checkout, so that its modules are found.
      const folder = fs.mkdtempSync(path.join(path.resolve("node_modules"), ".mw-child-"));
      try {
        fs.writeFileSync(path.join(folder, "entry.mts"), ENTRY(core));
        fs.writeFileSync(path.join(folder, "thread.mjs"), THREAD(core));
        const lines: string[] = [];
        const { plain, secret } = divideEnvironment({
          PATH: process.env.PATH,
          MODELWORKS_DEMO: "off",
          AUTH_SECRET: "kept-secret-kept-secret-kept-secret",
          AWS_SECRET_ACCESS_KEY: "kept-secret-of-a-bucket",
          PIP_INDEX_URL: "https://ada:kept-secret-word@packages.example/simple",
        });
        const child = startChild(
          { name: "portal", entry: path.join(folder, "entry.mts") },
          { home, environment: plain, secrets: secret, print: (line) => lines.push(line) },
        );
        const said = (what: string, times = 1) =>
          waitFor(() => lines.filter((line) => line.startsWith(`portal | ${what} `))[times - 1], {
            timeoutMs: 40_000,
            what,
          });
        const known = JSON.stringify({
          secret: "kept-secret-kept-secret-kept-secret",
          inThread: "kept-secret-kept-secret-kept-secret",
          key: "kept-secret-of-a-bucket",
        });
        expect(await said("known")).toBe(`portal | known ${known}`);
        expect(await said("environ")).not.toContain("kept-secret");
        // What libraries of others look for is passed on; our own secrets are not.
        expect(await said("child")).not.toContain("kept-secret-kept-secret");
        const [program, ...words] = KEYRING;
        const ours = spawnSync(program, words, { encoding: "utf8" }).stdout.trim();
        if (Number(ours) > 0) expect(await said("keyring")).not.toBe(`portal | keyring ${ours}`);
        const { pid } = JSON.parse(fs.readFileSync(path.join(home, "run", "portal.json"), "utf8")) as {
          pid: number;
        };
        process.kill(pid, "SIGKILL");
        expect(await said("known", 2)).toBe(`portal | known ${known}`);
        await child.stop();
      } finally {
        fs.rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
