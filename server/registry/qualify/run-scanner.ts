import { spawn } from "node:child_process";
import os from "node:os";
import path from "node:path";
import { lastCharacters } from "@/server/core/characters";
import { createSlots } from "@/server/core/slots";
import { ScanAnswer, type ScanRequest } from "./scan-schemas";

const TIMEOUT_MS = 5 * 60_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** The scanner did not answer: it was stopped, ran out of memory or failed. The step is tried again. */
export class ScannerLost extends Error {
  override readonly name = "ScannerLost";
}

/** Each may take 2 GiB, and a new scanner looks at everything that is deployed: that must not happen all at once. */
const inTurn = createSlots(2);

/** Scans in a process of its own, with bounded memory and none of our settings, so that a hostile file can only hurt that. */
export const runScanner = (request: ScanRequest): Promise<ScanAnswer> => inTurn(() => scanNow(request));

function scanNow(request: ScanRequest): Promise<ScanAnswer> {
  const root = process.cwd();
  const program = path.join(root, "server", "registry", "qualify", "scan-main.ts");
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--max-old-space-size=2048", "--import", "tsx", program], {
      cwd: root,
      env: { PATH: process.env.PATH ?? "", TMPDIR: os.tmpdir(), TZ: "UTC" } as never,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
    const answer: Buffer[] = [];
    let bytes = 0;
    let complaint = "";
    child.stdout.on("data", (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (bytes > MAX_ANSWER_BYTES) child.kill("SIGKILL");
      else answer.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      complaint = lastCharacters(complaint + chunk.toString("utf8"), 2000);
    });
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(new ScannerLost(`The file scanner did not start: ${error.message}`));
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code !== 0)
        return reject(
          new ScannerLost(`The file scanner ended with ${signal ?? `code ${code}`}. ${complaint}`.trim()),
        );
      try {
        resolve(ScanAnswer.parse(JSON.parse(Buffer.concat(answer).toString("utf8"))));
      } catch (error) {
        reject(new ScannerLost("The file scanner's answer cannot be read.", { cause: error }));
      }
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(JSON.stringify(request));
  });
}
