import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "hono";
import { streamSSE, type SSEStreamingApi } from "hono/streaming";
import { findGap, storedAt, writtenAt } from "@/server/adapters/cluster";
import { cluster, objectStore } from "@/server/composition";
import type { Caller } from "@/server/core/context";
import { createCtx } from "@/server/core/context";
import { isAppError, notFound } from "@/server/core/errors";
import { query } from "@/server/core/verb";
import type { HttpEnv } from "@/server/kit/app-env";
import { logOf } from "./attempt-log";
import { jobOf } from "./load";
import { attemptOf } from "./queries";
import { isFinal } from "./rules";
import { JobLogInput } from "./schemas";

const WAIT_MS = 1_000;

/** Which attempt's log is asked for, and how far the job is; the streams below read it. */
export const findJobLog = query(
  {
    name: "compute.job.log",
    permission: "compute.job.read",
    input: JobLogInput,
    summary: "The log of a job",
  },
  async ({ ctx, input }) => {
    const job = await jobOf(ctx, input.id);
    const attempt = await attemptOf(ctx, job.id, input.attempt);
    if (!attempt && input.attempt) throw notFound("attempt", input.attempt);
    return {
      jobId: job.id,
      name: job.name,
      final: isFinal(job.state),
      attempt: attempt
        ? {
            id: attempt.id,
            number: attempt.number,
            ended: attempt.endedAt !== null,
            logDigest: attempt.logDigest,
            sizeBytes: attempt.logSizeBytes,
            place: attempt.place,
          }
        : null,
      offset: input.offset,
    };
  },
);

type Found = Awaited<ReturnType<typeof findJobLog.execute>>;

function inputOf(c: Context<HttpEnv>) {
  return { ...c.req.query(), ...c.req.param() };
}

/** What is kept of an ended attempt's log from a byte on, which is counted as it was while it grew. */
async function stored(attempt: NonNullable<Found["attempt"]>, fromByte: number) {
  const digest = attempt.logDigest;
  const sizeBytes = attempt.sizeBytes ?? 0;
  if (!digest || sizeBytes === 0) return { bytes: Readable.from([]), start: 0, gap: undefined };
  const gap = await findGap(await objectStore().get(digest));
  const start = storedAt(fromByte, gap);
  const bytes = start < sizeBytes ? await objectStore().get(digest, { range: { start } }) : Readable.from([]);
  return { bytes, start, gap };
}

/** The whole log as text, as far as it goes now. */
export async function downloadLog(c: Context<HttpEnv>): Promise<Response> {
  const caller = await c.get("caller")();
  const found = await findJobLog.execute(caller, inputOf(c));
  const { attempt, offset } = found;
  const body = attempt
    ? attempt.logDigest
      ? (await stored(attempt, offset)).bytes
      : ((await logOf(attempt.id, offset)) ?? Readable.from([]))
    : Readable.from([]);
  return new Response(Readable.toWeb(body) as ReadableStream, {
    headers: {
      "content-type": "text/plain; charset=utf-8",
      "content-disposition": `attachment; filename="${found.jobId}${attempt ? `-${attempt.number}` : ""}.log"`,
      "cache-control": "no-store",
    },
  });
}

async function sendStored(stream: SSEStreamingApi, attempt: NonNullable<Found["attempt"]>, from: number) {
  const found = await stored(attempt, from);
  let offset = found.start;
  const decoder = new TextDecoder();
  for await (const chunk of found.bytes) {
    const bytes: Uint8Array = chunk;
    offset += bytes.byteLength;
    await stream.writeSSE({
      event: "log",
      id: String(writtenAt(offset, found.gap)),
      data: JSON.stringify({ text: decoder.decode(bytes, { stream: true }) }),
    });
  }
}

/** Sends what the cluster has, as it grows; false when the cluster does not (or no longer) know the attempt. */
async function sendLive(
  stream: SSEStreamingApi,
  attemptId: string,
  from: number,
  signal: AbortSignal,
): Promise<boolean> {
  const decoder = new TextDecoder();
  try {
    for await (const piece of cluster().followLog(attemptId, { fromByte: from, signal })) {
      if (piece.bytes.length === 0) continue;
      const text = decoder.decode(piece.bytes, { stream: true });
      await stream.writeSSE({ event: "log", id: String(piece.nextOffset), data: JSON.stringify({ text }) });
    }
    return true;
  } catch (error) {
    if (isAppError(error) && error.code === "not_found") return false;
    throw error;
  }
}

async function follow(
  stream: SSEStreamingApi,
  caller: Caller,
  input: unknown,
  from: number,
  signal: AbortSignal,
) {
  const ctx = createCtx(caller);
  let isSaid = false;
  while (!signal.aborted) {
    const { attempt, final } = await findJobLog.within(ctx, input as Parameters<typeof findJobLog.within>[1]);
    if (attempt?.ended) {
      await sendStored(stream, attempt, from);
      break;
    }
    if (attempt?.place && attempt.place !== (await cluster().place()) && !isSaid) {
      isSaid = true;
      const text = "This job runs on another machine; its log is shown here when it has ended.\n";
      await stream.writeSSE({ event: "log", id: String(from), data: JSON.stringify({ text }) });
    }
    if (attempt && (await sendLive(stream, attempt.id, from, signal))) break;
    if (final) break;
    // Not admitted or not started yet: the comment keeps proxies from closing the line.
    await stream.write(": waiting\n\n");
    await sleep(WAIT_MS, undefined, { signal }).catch(() => undefined);
  }
  if (!signal.aborted) await stream.writeSSE({ event: "end", data: "{}" });
}

/** SSE: `log` events with text, whose id is the byte to go on from; `end` when nothing will follow. Resumes by Last-Event-ID. */
export async function streamLog(c: Context<HttpEnv>): Promise<Response> {
  const caller = await c.get("caller")();
  const input = inputOf(c);
  const found = await findJobLog.execute(caller, input);
  const resumed = Number(c.req.header("last-event-id"));
  const from = Number.isSafeInteger(resumed) && resumed > 0 ? resumed : found.offset;
  c.header("x-accel-buffering", "no");
  return streamSSE(c, async (stream) => {
    const abort = new AbortController();
    stream.onAbort(() => abort.abort());
    await follow(stream, caller, input, from, abort.signal);
  });
}
