// A model that has broken out of its runtime and does with its process as it likes: what the file `what` in its folder names.
import { spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import { jsonFrame, KIND } from "../onnx/child/frame.mjs";

const [userId = ""] = process.argv.slice(2);
const { what, gateway, port } = JSON.parse(fs.readFileSync("what", "utf8"));
const isOther = userId !== "" && what !== "stay";
if (isOther) {
  process.setgroups([]);
  process.setgid(Number(userId));
  process.setuid(Number(userId));
}

const send = (/** @type {Uint8Array} */ bytes) => fs.writeSync(3, bytes);
const hello = () => send(jsonFrame(0, KIND.hello, 0, { changedUser: isOther }));
const tell = (/** @type {unknown} */ found) => send(jsonFrame(1, KIND.ok, 0, found));

/** The code of the error that an attempt ends with; "done" when it does not. */
function attempt(/** @type {() => unknown} */ act) {
  try {
    act();
    return "done";
  } catch (error) {
    return error.code ?? error.message;
  }
}

function openAll() {
  for (let n = 0; n < 10_000; n += 1) fs.openSync("/dev/null", "r");
}

const connected = () =>
  new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.on("connect", () => resolve("done"));
    socket.on("error", (/** @type {NodeJS.ErrnoException} */ error) => resolve(error.code));
  });

/** As many as it gets; `detached` takes each out of the process group. */
async function fork() {
  const pids = [];
  for (let n = 0; n < 100; n += 1) {
    const child = spawn("/bin/sleep", ["1000"], { detached: true, stdio: "ignore" });
    child.on("error", () => undefined);
    if (child.pid === undefined) break;
    pids.push(child.pid);
  }
  return pids;
}

const words = (/** @type {number[]} */ ...all) => new Uint8Array(Uint32Array.from(all).buffer);
const DEEDS = {
  stay: hello,
  "a size of nothing": () => (hello(), send(words(0, 0, 0, 0))),
  "a size beyond all": () => (hello(), send(words(2 ** 32 - 1, 0, 0, 0))),
  "two beginnings": () => (hello(), hello()),
  nonsense: () => send(Buffer.from("HTTP/1.1 200 OK\r\n\r\n")),
  fork: async () => {
    hello();
    // A model is loaded only when its bounds stand.
    fs.readSync(3, Buffer.alloc(64));
    tell({ pids: await fork() });
  },
  swell: () => {
    hello();
    for (const request = Buffer.alloc(64); fs.readSync(3, request) > 0;) {
      const kept = Buffer.alloc(270 * 1024 ** 2, 1);
      send(jsonFrame(request.readUInt32LE(4), KIND.ok, 0, { kept: kept.length }));
    }
  },
  look: async () => {
    hello();
    tell({
      write: attempt(() => fs.writeFileSync(`/var/tmp/modelworks-filled-${gateway}`, "x".repeat(4096))),
      fill: attempt(() => fs.writeFileSync("filled", "x")),
      change: attempt(() => fs.chmodSync("what", 0o777)),
      remove: attempt(() => fs.rmSync("what")),
      environ: attempt(() => fs.readFileSync(`/proc/${gateway}/environ`)),
      memory: attempt(() => fs.openSync(`/proc/${gateway}/mem`, "r")),
      signal: attempt(() => process.kill(gateway, "SIGCONT")),
      root: attempt(() => process.setuid(0)),
      connect: await connected(),
      descriptors: attempt(openAll),
    });
  },
};

await DEEDS[what]();
setInterval(() => undefined, 1000);
