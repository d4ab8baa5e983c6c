import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";

const CANDIDATES = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "nginx"];

function findNginx(): string | undefined {
  return CANDIDATES.find((candidate) => {
    try {
      execFileSync(candidate, ["-v"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
}

function freePort(): Promise<number> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(address && typeof address === "object" ? address.port : 0));
    });
  });
}

const configuration = (prefix: string, port: number, target: number) => `
daemon off; worker_processes 1; pid ${prefix}/pid; error_log ${prefix}/error.log;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${prefix}/b; proxy_temp_path ${prefix}/p; fastcgi_temp_path ${prefix}/f;
  uwsgi_temp_path ${prefix}/u; scgi_temp_path ${prefix}/s;
  upstream model { server 127.0.0.1:${target}; keepalive 64; keepalive_requests 10000000; }
  server {
    listen 127.0.0.1:${port}; keepalive_requests 10000000;
    location / { proxy_pass http://model; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}`;

/** nginx with one worker and kept connections in front of a port; undefined, and a line that says so, when it is not installed. */
export async function startNginx(home: string, target: number) {
  const binary = findNginx();
  if (!binary) {
    console.log("\nnginx is missing, so this peer is left out. Install it with: apt-get install nginx-light");
    return undefined;
  }
  const prefix = path.join(home, "nginx");
  mkdirSync(prefix, { recursive: true });
  const port = await freePort();
  const file = path.join(prefix, "nginx.conf");
  writeFileSync(file, configuration(prefix, port, target));
  const child = spawn(binary, ["-p", prefix, "-e", `${prefix}/error.log`, "-c", file], { stdio: "inherit" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const answers = () =>
    fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: '{"inputs":[]}' }).then(
      () => true,
      () => false,
    );
  const deadline = Date.now() + 10_000;
  while (!(await answers())) {
    if (child.exitCode !== null || Date.now() > deadline)
      throw new Error(`nginx did not start; see ${prefix}/error.log`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    port,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
