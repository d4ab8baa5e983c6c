import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { SETUP_PATH } from "./jail.mjs";
import { hasNamespaces, probeIsolation, startIsolated } from "./isolation.mjs";

it("shows what it should below /tmp, which a command has of its own, also where our files are ours alone", async ({
  skip,
}) => {
  const home = mkdtempSync(path.join(realpathSync(tmpdir()), "mw-isolation-"));
  const before = process.umask(0o077);
  try {
    const isolation = await probeIsolation(path.join(home, "jobs"), [home]);
    skip(!hasNamespaces(isolation), "this machine has no namespaces for jobs");
    if (!hasNamespaces(isolation)) return;
    const uid = isolation.range?.first ?? null;
    const [tools, work] = ["tools", "work"].map((name) => path.join(home, "deep", name));
    for (const folder of [tools, work]) mkdirSync(folder ?? "", { recursive: true });
    const file = path.join(tools ?? "", "file");
    writeFileSync(file, "shown");
    for (const each of [tools, file]) chmodSync(each ?? "", 0o755);
    if (uid !== null) chownSync(work ?? "", uid, uid);
    const view = { searchPath: SETUP_PATH, readable: [tools ?? ""], writable: [work ?? ""], hidden: [home] };
    const { child, release } = startIsolated({
      isolation,
      uid,
      jail: { stage: path.join(home, "jail"), scratchBytes: 2 ** 20, view },
      command: ["/bin/cat", file],
      cwd: work ?? "",
      env: { PATH: SETUP_PATH },
      setupEnv: {},
      wrap: (words) => ["-c", 'exec "$@"', "sh", ...words],
    });
    const said = Promise.all([text(child.stdout), text(child.stderr)]);
    await once(child, "exit");
    release();
    expect(await said).toEqual(["shown", ""]);
  } finally {
    process.umask(before);
    rmSync(home, { recursive: true, force: true });
  }
});
