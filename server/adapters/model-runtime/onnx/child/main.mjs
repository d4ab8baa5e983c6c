// A model's process. It has no settings, no database and no network: frames come and go on one descriptor, one after another. It reads
// with blocking calls, since between requests it has nothing else to do, and ends when the gateway's end closes.
import fs from "node:fs";
import os from "node:os";
import { FrameReader, jsonFrame, jsonOf, KIND, tensorFrame, tensorsOf } from "./frame.mjs";
import { loadModel, Refused, runModel } from "./model.mjs";

const FD = 3;
/** Answers wait for company at most this long, and only while further requests are here already. */
const GATHER_MS = 0.3;

const [userId = "", niceness = "0"] = process.argv.slice(2);

/** Gives up root, once the program itself is loaded: what follows comes from the model. */
function becomeUser() {
  if (userId === "" || typeof process.setuid !== "function") return false;
  const id = Number(userId);
  try {
    process.setgroups([]);
    process.setgid(id);
    process.setuid(id);
    return true;
  } catch {
    return false;
  }
}

const models = new Map();
const reader = new FrameReader();
let waiting = [];
let waitingSince = 0;

function flush() {
  if (waiting.length === 0) return;
  const bytes = waiting.length === 1 ? waiting[0] : Buffer.concat(waiting);
  waiting = [];
  for (let sent = 0; sent < bytes.length;) sent += fs.writeSync(FD, bytes, sent);
}

function answer(frame) {
  if (waiting.length === 0) waitingSince = performance.now();
  waiting.push(frame);
  if (!reader.hasFrame() || performance.now() - waitingSince > GATHER_MS) flush();
}

async function handle(frame) {
  const { id, model, kind } = frame;
  try {
    if (kind === KIND.infer) {
      const outputs = await runModel(models.get(model), tensorsOf(frame));
      answer(tensorFrame(id, KIND.ok, model, outputs));
    } else if (kind === KIND.load) {
      const loaded = await loadModel(jsonOf(frame).file);
      models.set(model, loaded);
      answer(jsonFrame(id, KIND.ok, model, { inputs: loaded.inputs, outputs: loaded.outputs }));
    } else if (kind === KIND.unload) {
      const held = models.get(model);
      models.delete(model);
      await held?.session.release();
      answer(jsonFrame(id, KIND.ok, model, {}));
    }
  } catch (error) {
    const refused = error instanceof Refused;
    answer(jsonFrame(id, refused ? KIND.refused : KIND.failed, model, { message: error.message }));
  }
}

os.setPriority(Number(niceness));
answer(jsonFrame(0, KIND.hello, 0, { changedUser: becomeUser() }));
for (;;) {
  const count = fs.readSync(FD, reader.space());
  if (count === 0) process.exit(0);
  reader.filled(count);
  for (let frame = reader.next(); frame; frame = reader.next()) await handle(frame);
}
