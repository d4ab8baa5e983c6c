/**
 * The gateway against the same model behind a plain server ("direct"), behind that server in a process of its own ("isolated"), and against
 * nginx in front of "direct": `npm run bench:gateway`.
 * The gateway signs in, checks the request against the model, splits, and records every prediction on disk and in Postgres; the
 * others do none of it.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { count } from "drizzle-orm";
import { predictions } from "@/db/schema";
import { linearModel } from "@/server/adapters/model-runtime/onnx/testing-model";
import { compare, printMachine } from "./measure";
import { startNginx } from "./nginx";
import { benchStand } from "./setup";

printMachine();
const stand = await benchStand();
writeFileSync(path.join(stand.home, "model.onnx"), linearModel([1, -1, 0.5, 2]));
const [gateway, direct, isolated] = await Promise.all([
  stand.serve("gateway"),
  stand.serve("direct"),
  stand.serve("isolated"),
]);
const nginx = await startNginx(stand.home, direct);
const text = JSON.stringify({
  inputs: [{ name: "features", datatype: "FP32", shape: [1, 4], data: [0.1, 0.2, 0.3, 0.4] }],
});
const body = () => text;
const loads = {
  gateway: {
    port: gateway,
    path: "/v2/models/bench/infer",
    headers: { authorization: `Bearer ${stand.token}` },
    body,
  },
  direct: { port: direct, path: "/", body },
  isolated: { port: isolated, path: "/", body },
  ...(nginx ? { "nginx + direct": { port: nginx.port, path: "/", body } } : {}),
};

async function stored(): Promise<number> {
  const [row] = await stand.db.select({ rows: count() }).from(predictions);
  return row?.rows ?? 0;
}

const GIVE_UP_MS = 30_000;

/** Waits until as many are stored, or none came for long; the thread that stores them may have to start first. */
async function storedAtLast(answered: number): Promise<number> {
  let now = await stored();
  for (let changedMs = Date.now(); now < answered && Date.now() - changedMs < GIVE_UP_MS;) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = now;
    now = await stored();
    if (now !== before) changedMs = Date.now();
  }
  return now;
}

/** What isolation alone costs. */
const ISOLATION: [string, string][] = [["isolated", "direct"]];

try {
  const one = await compare("inference of one row", loads, 1, ISOLATION);
  const many = await compare("inference of one row", loads, 32, ISOLATION);
  const answered = (one.get("gateway") ?? 0) + (many.get("gateway") ?? 0);
  const kept = await storedAtLast(answered);
  console.log(`\nthe gateway answered ${answered} requests; ${kept} predictions are in Postgres`);
  if (kept !== answered) process.exitCode = 1;
} finally {
  await nginx?.stop();
  await stand.stop();
}
