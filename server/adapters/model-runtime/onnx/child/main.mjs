// A model's process. It has no settings, no database and no network: frames come and go on one descriptor, one after another. It reads
// with blocking calls, since between requests it has nothing else to do, and ends when the gateway's end closes.
import fs from "node:fs";
import os from "node:os";
import { BatchSize, isLike, join, rowsOf, split } from "./batch.mjs";
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

function answer(...frames) {
  if (waiting.length === 0) waitingSince = performance.now();
  waiting.push(...frames);
  if (!reader.hasFrame() || performance.now() - waitingSince > GATHER_MS) flush();
}

function fail({ id, model }, error) {
  const refused = error instanceof Refused;
  answer(jsonFrame(id, refused ? KIND.refused : KIND.failed, model, { message: error.message }));
}

async function infer({ id, model, tensors }) {
  try {
    answer(tensorFrame(id, KIND.ok, model, await runModel(models.get(model), tensors)));
  } catch (error) {
    fail({ id, model }, error);
  }
}

/** Requests of one model that are here already, as many as may run together; `next` is the frame after them. */
function gather(frame) {
  const { model } = frame;
  const size = models.get(model)?.batchSize;
  const requests = [];
  let [next, rows] = [frame, 0];
  do {
    const tensors = tensorsOf(next);
    const more = rowsOf(tensors);
    const [first] = requests;
    if (first && (more === 0 || rows + more > size.rows || !isLike(first.tensors, tensors))) break;
    requests.push({ id: next.id, model, tensors });
    rows += more;
    next = reader.next();
  } while (size && rows > 0 && next?.kind === KIND.infer && next.model === model);
  return { requests, rows, next };
}

async function inferTogether(requests) {
  const [{ model }] = requests;
  const counts = requests.map(({ tensors }) => rowsOf(tensors));
  const outputs = await runModel(models.get(model), join(requests.map(({ tensors }) => tensors)));
  const answers = split(outputs, counts);
  // All of them are made before the first is sent, so that a fault in one leaves none answered.
  answer(...requests.map(({ id }, n) => tensorFrame(id, KIND.ok, model, answers[n])));
}

/** Answers a request, and those behind it that may run with it. Returns the frame after them. */
async function inferAll(frame) {
  const { requests, rows, next } = gather(frame);
  const began = performance.now();
  let alone = requests;
  if (requests.length > 1) {
    try {
      await inferTogether(requests);
      alone = [];
    } catch {
      // One of them is at fault, which the others must not hear of.
    }
  }
  for (const request of alone) await infer(request);
  if (rows > 0) models.get(frame.model)?.batchSize?.saw(rows, performance.now() - began);
  return next;
}

async function handle(frame) {
  const { id, model, kind } = frame;
  try {
    if (kind === KIND.load) {
      const { file, maxRows = 1 } = jsonOf(frame);
      const loaded = await loadModel(file);
      models.set(model, { ...loaded, batchSize: maxRows > 1 ? new BatchSize(maxRows) : undefined });
      answer(jsonFrame(id, KIND.ok, model, { inputs: loaded.inputs, outputs: loaded.outputs }));
    } else if (kind === KIND.unload) {
      const held = models.get(model);
      models.delete(model);
      await held?.session.release();
      answer(jsonFrame(id, KIND.ok, model, {}));
    }
  } catch (error) {
    fail({ id, model }, error);
  }
}

os.setPriority(Number(niceness));
answer(jsonFrame(0, KIND.hello, 0, { changedUser: becomeUser() }));
for (;;) {
  const count = fs.readSync(FD, reader.space());
  if (count === 0) process.exit(0);
  reader.filled(count);
  for (let frame = reader.next(); frame;) {
    if (frame.kind === KIND.infer) frame = await inferAll(frame);
    else {
      await handle(frame);
      frame = reader.next();
    }
  }
}
