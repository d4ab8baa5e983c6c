import { afterAll, beforeAll, expect, it } from "vitest";
import { waitFor } from "@/db/testing";
import { objectStore } from "@/server/composition";
import { createWorld, type World } from "@/server/governance/testing";
import "../subject";
import { loadVersionById as versionOf } from "../load";
import { endRun, registeredVersion, trainedRun } from "../testing";
import { sealAndScan } from "./qualify-version";
import { lockedEnvironment } from "./python-environment";
import { sealedFiles } from "./seal-files";

let world: World;
beforeAll(async () => {
  world = await createWorld();
}, 120_000);
afterAll(() => world.close());

const FILES = {
  MLmodel: Buffer.from(
    "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    python_version: 3.12.1\n",
  ),
  "requirements.txt": Buffer.from("six\n"),
};

it("builds the environments of versions that were registered at once in turn, and says who waits", async () => {
  const member = await world.person("member");
  const system = world.system();
  const waiting: (() => void)[] = [];
  const environments = {
    resolve: async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return { lock: "six==1.17.0 --hash=sha256:00\n", python: "3.12" };
    },
    prepare: () => Promise.reject(new Error("built")),
  };
  const ids: string[] = [];
  const ended: string[] = [];
  for (let made = 0; made < 4; made += 1) {
    const line = await trainedRun(member.caller, system);
    const { version } = await registeredVersion(member.caller, line, { name: `turn-${made}`, files: FILES });
    await endRun(member.caller, line.runId);
    await sealAndScan(system, objectStore(), version.id);
    ids.push(version.id);
  }
  const works = ids.map(async (id) => {
    const files = (await sealedFiles(system, id)).map((file) => ({ ...file, createdAt: new Date() }));
    const version = await versionOf(system, id);
    await expect(lockedEnvironment(environments, system, objectStore(), version, files)).rejects.toThrow(
      "built",
    );
    ended.push(id);
  });
  const texts = async () => Promise.all(ids.map(async (id) => (await versionOf(system, id)).stateText));
  const waits = (text: string) => text.startsWith("Waiting for its turn");
  await waitFor(async () => (await texts()).filter(waits).length === 2 && waiting.length === 2, {
    what: "two are built and two wait",
  });
  for (let rest = ids.length; rest > 0; rest -= 1) {
    await waitFor(() => waiting.length > 0, { what: "the next has its turn" });
    waiting.shift()?.();
    await waitFor(() => ended.length === ids.length - rest + 1, { what: "one has ended" });
    expect(waiting.length).toBeLessThanOrEqual(2);
  }
  await Promise.all(works);
}, 120_000);
