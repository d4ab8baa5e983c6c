import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { createSlots } from "../../core/slots";
import { InspectorLost, TableRefused, type Analytics } from "./port";
import { InspectorAnswer, type InspectorRequest } from "./schemas";
import { lastCharacters } from "@/server/core/characters";

export interface AnalyticsSettings {
  /** Folder for what DuckDB spills; emptied after each table. */
  scratchRoot: string;
  /** Memory that DuckDB may take; the process itself needs about 150 MB more. */
  memoryBytes?: number;
  timeoutMs?: number;
  /** At most this many tables at once. */
  concurrency?: number;
  /** Told the process id of each inspecting process as it starts. */
  onStart?: (pid: number) => void;
}

const MEGABYTE = 1024 * 1024;
const MAX_ANSWER_BYTES = 64 * MEGABYTE;
const MAX_COMPLAINT_CHARS = 4_000;

/** DuckDB in a child process per table. */
export function createAnalytics(settings: AnalyticsSettings): Analytics {
  const memoryBytes = settings.memoryBytes ?? 512 * MEGABYTE;
  const slots = createSlots(settings.concurrency ?? 2);

  async function ask(build: (scratch: string) => InspectorRequest): Promise<InspectorAnswer> {
    return slots(async () => {
      await mkdir(settings.scratchRoot, { recursive: true, mode: 0o700 });
      const scratch = await mkdtemp(path.join(settings.scratchRoot, "table-"));
      try {
        const text = await runChild(build(scratch), settings);
        const answer = InspectorAnswer.parse(JSON.parse(text));
        if (answer.status === "refused") throw new TableRefused(answer.failure);
        return answer;
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    });
  }

  return {
    async inspect(file, headerLine) {
      const answer = await ask((scratch) => ({ op: "inspect", file, headerLine, scratch, memoryBytes }));
      if (answer.status === "inspected") return answer.inspection;
      throw new InspectorLost(`The inspecting process answered "${answer.status}".`);
    },
    async diff(before, after) {
      const answer = await ask((scratch) => ({ op: "diff", before, after, scratch, memoryBytes }));
      if (answer.status === "compared") return answer.diff;
      throw new InspectorLost(`The inspecting process answered "${answer.status}".`);
    },
  };
}

/** Runs the inspector on one request; it gets no secret of ours in its environment. */
function runChild(request: InspectorRequest, settings: AnalyticsSettings): Promise<string> {
  const root = process.cwd();
  const program = path.join(root, "server", "adapters", "analytics", "inspector", "main.ts");
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--max-old-space-size=512", "--import", "tsx", program], {
      cwd: root,
      env: {
        PATH: process.env.PATH ?? "",
        HOME: request.scratch,
        TMPDIR: request.scratch,
        TZ: "UTC",
      } as never,
      stdio: ["pipe", "pipe", "pipe"],
    });
    if (child.pid !== undefined) settings.onStart?.(child.pid);
    const timeoutMs = settings.timeoutMs ?? 15 * 60_000;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    const answer: Buffer[] = [];
    let answerBytes = 0;
    let complaint = "";
    child.stdout.on("data", (chunk: Buffer) => {
      answerBytes += chunk.byteLength;
      if (answerBytes > MAX_ANSWER_BYTES) child.kill("SIGKILL");
      else answer.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      complaint = lastCharacters(complaint + chunk.toString("utf8"), MAX_COMPLAINT_CHARS);
    });
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(new InspectorLost(`The inspecting process did not start: ${error.message}`));
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve(Buffer.concat(answer).toString("utf8"));
      const end = late
        ? `was stopped after ${timeoutMs / 1000} s`
        : signal
          ? `was ended by ${signal}`
          : `ended with code ${code}`;
      reject(new InspectorLost(`The inspecting process ${end}. ${complaint}`.trim()));
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(JSON.stringify(request));
  });
}
