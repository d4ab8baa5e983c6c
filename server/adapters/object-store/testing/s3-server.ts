import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { waitFor } from "@/db/testing/wait-for";

/** Built by `scripts/setup-system.sh`; the tests must not pass without it. */
const program = () =>
  execFileSync(
    "bash",
    ["scripts/go-tool.sh", "--path", "github.com/versity/versitygw/cmd/versitygw@v1.8.0"],
    {
      encoding: "utf8",
    },
  ).trim();

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (!address || typeof address === "string") throw new Error("No port was given.");
  return address.port;
}

export interface S3Server {
  port: number;
  /** Where the bytes of an object lie. */
  fileOf: (key: string) => string;
  stop: () => Promise<void>;
}

const ACCOUNT = { access: "factory-of-tests", secret: "a-secret-of-the-tests-only" };

/** An S3 server with one empty bucket, of another maker: versitygw on a folder. The SDK's default chain finds its account, as in production. */
export async function startS3Server(folder: string, bucket: string): Promise<S3Server> {
  const data = path.join(folder, "buckets");
  const notes = path.join(folder, "notes");
  fs.mkdirSync(path.join(data, bucket), { recursive: true });
  fs.mkdirSync(notes, { recursive: true });
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: ACCOUNT.access, AWS_SECRET_ACCESS_KEY: ACCOUNT.secret });
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const options = ["--quiet", "--port", address, "--region", "eu-west-1", "--health", "/health"];
  const account = ["--access", ACCOUNT.access, "--secret", ACCOUNT.secret];
  // Attributes of files are not everywhere, so what it notes of objects lies in files beside.
  const child = spawn(program(), [...options, ...account, "posix", "--sidecar", notes, data], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await waitFor(
    async () => {
      if (child.exitCode !== null) throw new Error(`versitygw ended with ${child.exitCode}: ${output}`);
      const answer = await fetch(`http://${address}/health`).catch(() => undefined);
      return answer?.ok ? true : undefined;
    },
    { timeoutMs: 30_000, what: "the S3 server" },
  );
  return {
    port,
    fileOf: (key) => path.join(data, bucket, key),
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}
