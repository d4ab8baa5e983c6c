import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { z } from "zod";

/** A write that was answered with 2xx. */
export interface Acknowledged {
  requestId: string;
  method: string;
  path: string;
}

const GIVE_UP_MS = 150_000;
const ANSWER_MS = 20_000;
const RETRIED = new Set([429, 500, 502, 503, 504]);

interface CallOptions {
  /** Sent as it is, instead of JSON. */
  raw?: Uint8Array | string;
  /** Reads need none; a write without one must be harmless to repeat. */
  key?: string;
  /** Other statuses than 2xx that the caller deals with. */
  accept?: readonly number[];
}

/**
 * A client as real ones are: it repeats a call that got no answer, or one that says "later", with the same Idempotency-Key, until
 * it is answered; and it remembers every write that was acknowledged.
 */
export class RetryingClient {
  /** Calls that had to be repeated, by what went wrong. */
  readonly troubles = new Map<string, number>();

  constructor(
    private readonly baseUrl: string,
    private readonly headers: Record<string, string>,
    private readonly ledger: Acknowledged[],
  ) {}

  at(baseUrl: string): RetryingClient {
    return new RetryingClient(baseUrl, this.headers, this.ledger);
  }

  /** The answer's JSON, whatever happened on the way. @throws Error for a refusal, and after 150 s without an answer. */
  async call<T>(
    schema: z.ZodType<T>,
    method: string,
    path: string,
    body?: unknown,
    options: CallOptions = {},
  ): Promise<T> {
    const requestId = `chaos-${randomUUID()}`;
    const limit = Date.now() + GIVE_UP_MS;
    for (;;) {
      const outcome = await this.once(method, path, body, requestId, options);
      if ("status" in outcome) {
        const { status, text } = outcome;
        if (status < 300) {
          if (method !== "GET") this.ledger.push({ requestId, method, path });
          return schema.parse(text ? JSON.parse(text) : {});
        }
        if (options.accept?.includes(status)) return schema.parse(text ? JSON.parse(text) : {});
        if (!RETRIED.has(status)) throw new Error(`${method} ${path} answered ${status}: ${text}`);
        this.note(`status ${status}`);
      } else this.note(outcome.failure);
      if (Date.now() > limit) throw new Error(`${method} ${path} got no answer for ${GIVE_UP_MS / 1000} s.`);
      await pause(100 + Math.random() * 200);
    }
  }

  private note(what: string): void {
    this.troubles.set(what, (this.troubles.get(what) ?? 0) + 1);
  }

  private async once(
    method: string,
    path: string,
    body: unknown,
    requestId: string,
    { raw, key }: CallOptions,
  ): Promise<{ status: number; text: string } | { failure: string }> {
    try {
      const response = await fetch(new URL(path, this.baseUrl), {
        method,
        signal: AbortSignal.timeout(ANSWER_MS),
        headers: {
          ...(raw === undefined && body !== undefined ? { "content-type": "application/json" } : {}),
          ...(key === undefined ? {} : { "idempotency-key": key }),
          "x-request-id": requestId,
          ...this.headers,
        },
        body: raw === undefined ? (body === undefined ? undefined : JSON.stringify(body)) : Buffer.from(raw),
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      const cause = error instanceof Error ? (error.cause ?? error) : error;
      const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
      return { failure: code ?? (cause instanceof Error ? cause.name : "no answer") };
    }
  }
}
