/**
 * The gateway against the same model behind a plain server ("direct") and the same behind nginx: `npm run bench:gateway`.
 * The gateway authenticates, validates, splits and records every prediction on disk; direct and nginx do none of that.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { createOnnxRuntime } from "@/server/adapters/model-runtime/onnx/runtime";
import { linearModel } from "@/server/adapters/model-runtime/onnx/testing-model";
import { Callers } from "@/server/serving/gateway/callers";
import { createGatewayServer } from "@/server/serving/gateway/http-server";
import type { Route } from "@/server/serving/gateway/routes";
import { Spool } from "@/server/serving/gateway/spool";
import { interleave, report, type Load } from "./measure";
import { benchDatabase } from "./setup";

const database = await benchDatabase();
const runtime = createOnnxRuntime({ threads: 1 });
const file = path.join(database.home, "model.onnx");
writeFileSync(file, linearModel([1, -1, 0.5, 2]));
const signature = await runtime.load("sha256:bench", file);
const version = { id: "mv_bench", number: 1, weightsDigest: "sha256:bench", signature };
const route: Route = {
  deploymentId: "dep_bench",
  teamId: "team_bench",
  name: "bench",
  environment: "production",
  generation: 1,
  feedbackTarget: null,
  stable: version,
  canary: version,
  rolloutId: "rol_bench",
  stage: 0,
  sharePercent: 10,
  digest: "sha256:route",
  refusals: [],
};
const spool = new Spool({ folder: path.join(database.home, "spool") });
const gateway = createGatewayServer({
  parts: { runtime, routes: () => new Map([["bench", route]]), record: (record) => spool.append(record) },
  callers: new Callers(database.db),
  version: "bench",
  isReady: () => true,
});
const direct = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on("data", (chunk: Buffer) => chunks.push(chunk));
  req.on("end", () => {
    const body = JSON.parse(Buffer.concat(chunks).toString()) as {
      inputs: { name: string; shape: number[]; data: number[] }[];
    };
    const inputs = body.inputs.map((input) => ({ ...input, datatype: "FP32" as const }));
    void runtime.infer("sha256:bench", inputs).then((outputs) => {
      const text = JSON.stringify({ model_name: "bench", outputs });
      res
        .writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) })
        .end(text);
    });
  });
});
const listen = async (server: Server) => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
};
const gatewayPort = await listen(gateway);
const directPort = await listen(direct);

function findNginx(): string | undefined {
  for (const candidate of ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "nginx"]) {
    try {
      execFileSync(candidate, ["-v"], { stdio: "ignore" });
      return candidate;
    } catch {
      // Not here; try the next.
    }
  }
  return undefined;
}

async function startNginx(): Promise<{ port: number; stop: () => void } | undefined> {
  const binary = findNginx();
  if (!binary) {
    console.log("nginx is not installed (apt-get install nginx-light); measuring without it");
    return undefined;
  }
  const prefix = path.join(database.home, "nginx");
  mkdirSync(prefix, { recursive: true });
  const probe = createServer();
  const port = await listen(probe);
  await new Promise((resolve) => probe.close(resolve));
  writeFileSync(
    path.join(prefix, "nginx.conf"),
    `daemon off; worker_processes 1; pid ${prefix}/pid; error_log ${prefix}/error.log;
events { worker_connections 512; }
http { access_log off; client_body_temp_path ${prefix}/b; proxy_temp_path ${prefix}/p; fastcgi_temp_path ${prefix}/f; uwsgi_temp_path ${prefix}/u; scgi_temp_path ${prefix}/s;
  upstream model { server 127.0.0.1:${directPort}; keepalive 64; }
  server { listen 127.0.0.1:${port}; keepalive_requests 1000000; location / { proxy_pass http://model; proxy_http_version 1.1; proxy_set_header Connection ""; } } }`,
  );
  const child = spawn(binary, ["-p", prefix, "-c", path.join(prefix, "nginx.conf")], { stdio: "inherit" });
  for (let i = 0; i < 100; i += 1) {
    const ok = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: '{"inputs":[]}' }).then(
      () => true,
      () => false,
    );
    if (ok) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { port, stop: () => child.kill("SIGTERM") };
}

const body = JSON.stringify({
  inputs: [{ name: "features", datatype: "FP32", shape: [1, 4], data: [0.1, 0.2, 0.3, 0.4] }],
});
const nginx = await startNginx();
const loads: Record<string, Load> = {
  gateway: {
    url: `http://127.0.0.1:${gatewayPort}/v2/models/bench/infer`,
    headers: { authorization: `Bearer ${database.token}` },
    body,
  },
  direct: { url: `http://127.0.0.1:${directPort}/`, body },
  ...(nginx ? { "nginx + direct": { url: `http://127.0.0.1:${nginx.port}/`, body } } : {}),
};
try {
  report("inference of one row, 32 connections, one inference thread", await interleave(loads), "gateway");
  console.log(`  predictions recorded ${spool.appended}, dropped ${spool.dropped}`);
} finally {
  nginx?.stop();
  spool.close();
  await runtime.close();
  await database.stop();
  process.exit(0);
}
