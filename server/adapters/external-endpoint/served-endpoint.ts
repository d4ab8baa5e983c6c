import { isAppError } from "@/server/core/errors";
import type { ExternalSpec, InferOptions, ModelHealth, ModelSignature, Tensor } from "../model-runtime/port";
import type { EndpointClient } from "./endpoint-client";
import { changeOf, signatureOf } from "./far-model";
import { farAway, notAllowed, Unreachable } from "./faults";
import { Lane } from "./lane";
import type { EndpointFile } from "./schemas";

/** Between looks at an endpoint that is well, and after each look that failed. */
const CALM_MS = 10_000;
const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
/** A blip is no outage: only so many failed looks in a row make it one. */
const FAILED_LOOKS = 3;
/** Whoever gave up first is the caller, and is told so by the gateway. */
const AFTER_PATIENCE_MS = 50;

/** What is said of where it runs, to those who ask the gateway. */
const PLATFORM = "modelworks_external";

export interface ServedOptions {
  file: EndpointFile;
  client: EndpointClient;
  external: ExternalSpec;
  /** The shortest of contract's and gateway's bounds. */
  limitMs: number;
  onChange: () => void;
  /** How much quicker than usual it looks; for tests. */
  pace?: number;
}

/** One endpoint while it is served: asks now and then whether it is well and still the same, and passes requests on. */
export class ServedEndpoint {
  readonly lane: Lane;
  health: ModelHealth = { state: "loading", reason: "", sinceMs: Date.now() };
  private signature: ModelSignature | undefined;
  private failures = 0;
  private timer: NodeJS.Timeout | undefined;
  private nextLookMs = 0;
  private looking: Promise<void> | undefined;
  private closed = false;

  constructor(private readonly options: ServedOptions) {
    this.lane = new Lane(options.file.maxConcurrency);
  }

  /** @throws AppError when it is not well, not what was tried, or not allowed */
  async load(): Promise<ModelSignature> {
    const { client, file, external } = this.options;
    await client.ready();
    const reported = await client.metadata();
    const { stops, text } = this.judge(reported);
    if (stops) throw notAllowed(text, "Register it as the next version.");
    const { inputs, outputs } = signatureOf(file, reported, external.declared);
    this.signature = { inputs, outputs, platform: PLATFORM };
    this.become("ready", text);
    this.lookIn(CALM_MS);
    return this.signature;
  }

  /** Whether what it says now may be served, and what there is to say of it. */
  private judge(reported: Awaited<ReturnType<EndpointClient["metadata"]>>): { stops: boolean; text: string } {
    const { file, external } = this.options;
    const change = external.expected && reported && changeOf(external.expected, reported);
    if (!change || file.protocol !== "oip") return { stops: false, text: "" };
    return {
      stops: change.what === "shape" || file.onChange === "stop",
      text: `the endpoint serves something else than at its trial: ${change.text}`,
    };
  }

  private become(state: ModelHealth["state"], reason: string): void {
    const { health } = this;
    if (health.state === state && health.reason === reason) return;
    this.health = { state, reason, sinceMs: health.state === state ? health.sinceMs : Date.now() };
    this.options.onChange();
  }

  private lookIn(ms: number): void {
    clearTimeout(this.timer);
    if (this.closed) return;
    const paced = ms / (this.options.pace ?? 1);
    this.nextLookMs = performance.now() + paced;
    this.timer = setTimeout(() => void this.look(), paced);
    this.timer.unref();
  }

  private look(): Promise<void> {
    clearTimeout(this.timer);
    this.looking ??= this.lookNow().finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  private async lookNow(): Promise<void> {
    const { client } = this.options;
    try {
      await client.ready();
      const { stops, text } = this.judge(await client.metadata());
      this.failures = 0;
      this.become(stops ? "failed" : "ready", text);
      this.lookIn(CALM_MS);
    } catch (error) {
      this.failures += 1;
      const why = isAppError(error) ? error.message : "it could not be asked";
      if (this.failures >= FAILED_LOOKS) this.become("failed", why);
      this.lookIn(RETRY_MS[Math.min(this.failures, RETRY_MS.length) - 1] ?? CALM_MS);
    }
  }

  async infer(inputs: readonly Tensor[], asked: InferOptions | undefined): Promise<Tensor[]> {
    const { client, file, limitMs } = this.options;
    const { signature, health } = this;
    if (!signature) throw farAway("it is not loaded any more.", 1_000);
    if (health.state === "failed") throw farAway(health.reason, this.nextLookMs - performance.now());
    const patienceMs = (asked?.deadlineMs ?? Infinity) + AFTER_PATIENCE_MS;
    const deadlineMs = Math.min(limitMs, file.timeoutMs, patienceMs);
    const endsAtMs = performance.now() + deadlineMs;
    try {
      return await this.lane.run(
        () => client.infer(inputs, signature, endsAtMs, deadlineMs),
        endsAtMs,
        deadlineMs,
      );
    } catch (error) {
      // What cannot be reached is looked at soon, not at the next turn.
      if (error instanceof Unreachable && this.failures === 0) void this.look();
      throw error;
    }
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.options.client.close();
  }
}
