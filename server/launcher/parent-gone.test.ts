import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { waitFor } from "@/db/testing";

const folder = mkdtempSync(path.join(os.tmpdir(), "mw-parent-"));
const root = process.cwd();

const told = (name: string) => {
  const file = path.join(folder, name);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
};

async function freePort(): Promise<string> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return String(port);
}

it("what npm started is told to stop when the shell between them ends", async () => {
  const entry = path.join(folder, "entry.mjs");
  writeFileSync(
    entry,
    `import fs from "node:fs";
     fs.writeFileSync(${JSON.stringify(path.join(folder, "began"))}, String(process.pid));
     process.on("SIGTERM", () => { fs.writeFileSync(${JSON.stringify(path.join(folder, "stopped"))}, "SIGTERM"); process.exit(0); });
     setInterval(() => undefined, 1_000);`,
  );
  const script = `import("./scripts/launch.mjs").then(({ launch }) => launch({}, ${JSON.stringify(entry)}))`;
  // As npm does it: a shell, which a signal ends without a word to what it runs.
  const shell = spawn("sh", ["-c", `"${process.execPath}" -e '${script}'; true`], {
    cwd: root,
    env: { ...process.env, npm_lifecycle_event: "start" },
  });
  await waitFor(() => told("began"), { timeoutMs: 20_000, what: "the program" });
  shell.kill("SIGTERM");
  await waitFor(() => told("stopped"), { timeoutMs: 20_000, what: "the program's end" });
  expect(told("stopped")).toBe("SIGTERM");
}, 60_000);

it("the launcher stops in order when what started it is gone", async () => {
  const home = path.join(folder, "home");
  const launcher = fork("server/main.ts", [], {
    execArgv: ["--import", "tsx"],
    silent: true,
    env: {
      ...process.env,
      MODELWORKS_HOME: home,
      MODELWORKS_DEMO: "off",
      PORT: await freePort(),
      GATEWAY_PORT: await freePort(),
    },
  });
  const exited = once(launcher, "exit");
  const postmaster = path.join(home, "pg", "data", "postmaster.pid");
  await waitFor(() => existsSync(postmaster), { timeoutMs: 60_000, what: "the database" });
  launcher.disconnect();
  expect(await exited).toEqual([0, null]);
  expect(existsSync(postmaster)).toBe(false);
}, 120_000);
