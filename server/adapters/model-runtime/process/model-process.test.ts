import { spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { waitFor } from "@/db/testing/wait-for";
import { createCgroup } from "../../cluster/local/shim/cgroup.mjs";
import { FrameReader, jsonFrame, jsonOf, KIND } from "../onnx/child/frame.mjs";
import { ModelProcess } from "./model-process";
import { hostileChild } from "./testing-hostile-child";
import { giveBackUser, takeUser } from "./users";

const onLinux = process.platform === "linux";
/** Those that leave its process group are found where the kernel counts its memory. */
const hasCgroups = (() => {
  const group = createCgroup(`test-${process.pid}`, {});
  group.remove();
  return group.folders.length > 0;
})();
const isRoot = process.getuid?.() === 0;

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).toReversed()) await each();
});

/** A process that does what a hostile model would; what it told, and why it ended. */
async function start(what: string, port = 0) {
  const hostile = await hostileChild(what, port);
  undo.push(hostile.remove);
  const told: unknown[] = [];
  let ended: string | undefined;
  const child = new ModelProcess({
    ...hostile.options,
    onFrame: (frame) => {
      if (frame.kind === KIND.hello) child.send([jsonFrame(1, KIND.load, 0, {})]);
      else told.push(jsonOf(frame));
    },
    onExit: (reason) => (ended = reason),
  });
  undo.push(async () => {
    child.kill("the test is over");
    await waitFor(() => ended !== undefined, { what: "its end" });
  });
  return {
    child,
    told,
    folder: hostile.options.folder,
    ended: () => waitFor(() => ended, { what: "its end" }),
  };
}

const isAlive = (pid: number) => {
  try {
    return !/^\d+ \(.*\) Z/.test(fs.readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
};

describe("a process that speaks no longer for its models", () => {
  it.each([
    ["a size of nothing", "a frame of 0 bytes, which none may have"],
    ["a size beyond all", "a frame of 4294967295 bytes, which none may have"],
    ["nonsense", "a frame of 1347703880 bytes, which none may have"],
    ["two beginnings", "began a second time"],
  ])("is ended for %s", async (what, reason) => {
    expect(await (await start(what)).ended()).toContain(reason);
  });

  it.runIf(isRoot)("is ended when it is still root", async () => {
    expect(await (await start("stay")).ended()).toBe("its process could not become a user of its own");
  });

  it.runIf(hasCgroups)("takes along whatever it has started, of which it gets only so many", async () => {
    const { child, told, ended } = await start("fork");
    const [{ pids }] = (await waitFor(() => (told.length > 0 ? told : undefined))) as [{ pids: number[] }];
    expect(pids.length).toBeGreaterThan(0);
    if (isRoot) expect(pids.length).toBeLessThan(64);
    child.kill("it forked");
    await ended();
    await waitFor(() => !pids.some(isAlive), { what: "all are gone" });
  });

  it.runIf(onLinux && isRoot)(
    "writes nowhere, changes nothing of its own, sees nobody, and reaches nobody",
    async () => {
      const server = net.createServer().listen(0, "127.0.0.1");
      undo.push(() => server.close());
      await waitFor(() => server.address() !== null);
      const address = server.address();
      // It may begin a file where everybody may, and put nothing into it.
      undo.push(() => fs.rmSync(`/var/tmp/modelworks-filled-${process.pid}`, { force: true }));
      const { told, folder } = await start("look", typeof address === "object" ? (address?.port ?? 0) : 0);
      expect(await waitFor(() => told[0])).toEqual({
        write: "EFBIG",
        fill: "EACCES",
        change: "EPERM",
        remove: "EACCES",
        environ: "EACCES",
        memory: "EACCES",
        signal: "EPERM",
        root: "EPERM",
        connect: "ENETUNREACH",
        descriptors: "EMFILE",
      });
      expect(fs.readdirSync(folder)).toEqual(["what"]);
    },
  );
});

describe("frames", () => {
  it("come out whole, however they arrive", () => {
    const reader = new FrameReader();
    const frames = [0, 1, 7, 70_000, 3, 2_000_000].map((length, id) =>
      jsonFrame(id, KIND.ok, 0, "x".repeat(length)),
    );
    const all = Buffer.concat(frames);
    const heard: [number, number][] = [];
    for (let at = 0, step = 1; at < all.length; at += step, step = (step * 31) % 65_537) {
      reader.push(all.subarray(at, at + step));
      for (let frame = reader.next(); frame; frame = reader.next())
        heard.push([frame.id, String(jsonOf(frame)).length]);
    }
    expect(heard).toEqual([0, 1, 7, 70_000, 3, 2_000_000].map((length, id) => [id, length]));
  });
});

it.runIf(isRoot)("takes no user that a process of this machine has", () => {
  const first = takeUser();
  giveBackUser(first);
  // A process of another gateway, which takes from the same numbers.
  const other = spawn("/bin/sleep", ["100"], { uid: first, gid: first });
  const second = takeUser();
  giveBackUser(second);
  other.kill("SIGKILL");
  expect(second).not.toBe(first);
});
