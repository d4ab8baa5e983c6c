import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { ModelRuntime } from "@/server/adapters/model-runtime/port";
import type { PredictionRecord } from "./gateway";
import { runtimeKey, type Route } from "./routes";

const LABELS = ["team", "deployment", "version", "arm"] as const;
type Labels = Record<(typeof LABELS)[number], string>;

type ProcessGauge = Gauge<(typeof LABELS)[number]>;

interface Seen {
  key: string;
  labels: Labels;
  statuses: Set<string>;
}

export interface MetricsParts {
  registry: Registry;
  runtime: ModelRuntime;
  /** The versions that are loaded now. */
  served: () => Iterable<{ runtimeKey: string; number: number; route: Route }>;
}

const armOf = (route: Route, key: string): string =>
  route.stable?.runtimeKey === key ? "stable" : route.canary?.runtimeKey === key ? "canary" : "previous";

/** Requests and processes by deployment, version and arm. A version that is not served any more takes its series along. */
export class GatewayMetrics {
  private readonly requests: Counter<(typeof LABELS)[number] | "status">;
  private readonly errors: Counter<(typeof LABELS)[number]>;
  private readonly seconds: Histogram<(typeof LABELS)[number]>;
  private readonly queued: ProcessGauge;
  private readonly inFlight: ProcessGauge;
  private readonly restarts: ProcessGauge;
  private readonly resident: ProcessGauge;
  private measuring: Promise<void> | undefined;
  /** Runtime's name and arm → labels; statuses seen with them. */
  private readonly seen = new Map<string, Seen>();

  constructor(private readonly parts: MetricsParts) {
    const registers = [parts.registry];
    this.requests = new Counter({
      name: "modelworks_inference_requests_total",
      help: "Inference requests answered",
      labelNames: [...LABELS, "status"],
      registers,
      collect: () => this.forget(),
    });
    this.errors = new Counter({
      name: "modelworks_inference_errors_total",
      help: "Inference requests answered with 500 or above",
      labelNames: LABELS,
      registers,
    });
    this.seconds = new Histogram({
      name: "modelworks_inference_seconds",
      help: "Time to answer an inference request, in seconds",
      labelNames: LABELS,
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    });
    this.queued = this.gauge("modelworks_model_queued", "Requests that wait for a model's process");
    this.inFlight = this.gauge("modelworks_model_in_flight", "Requests that a model's process has");
    this.restarts = this.gauge("modelworks_model_restarts", "Starts of a model's process after its first");
    this.resident = this.gauge("modelworks_model_resident_bytes", "Resident memory of a model's process");
  }

  private gauge(name: string, help: string): ProcessGauge {
    return new Gauge({
      name,
      help,
      labelNames: LABELS,
      registers: [this.parts.registry],
      // Whichever is asked first asks for all; none shows what it was at the scrape before.
      collect: () => (this.measuring ??= this.measure().finally(() => (this.measuring = undefined))),
    });
  }

  private async measure(): Promise<void> {
    const usage = new Map((await this.parts.runtime.usage()).map((each) => [each.key, each]));
    for (const each of [this.queued, this.inFlight, this.restarts, this.resident]) each.reset();
    for (const { runtimeKey: key, number, route } of this.parts.served()) {
      const use = usage.get(key);
      if (!use) continue;
      const labels = labelsOf(route, number, armOf(route, key));
      this.resident.set(labels, use.residentBytes);
      this.queued.set(labels, use.queued);
      this.inFlight.set(labels, use.inFlight);
      this.restarts.set(labels, use.restarts);
    }
  }

  private known(key: string, arm: string): Seen | undefined {
    const id = `${key}/${arm}`;
    const known = this.seen.get(id);
    if (known) return known;
    for (const { runtimeKey: each, number, route } of this.parts.served()) {
      if (each !== key) continue;
      const made = { key, labels: labelsOf(route, number, arm), statuses: new Set<string>() };
      this.seen.set(id, made);
      return made;
    }
    return undefined;
  }

  observe(record: PredictionRecord): void {
    const known = this.known(runtimeKey(record.deploymentId, record.versionId), record.arm);
    if (!known) return;
    const status = String(record.status);
    known.statuses.add(status);
    this.requests.inc({ ...known.labels, status });
    if (record.status >= 500) this.errors.inc(known.labels);
    this.seconds.observe(known.labels, record.latencyMs / 1000);
  }

  private forget(): void {
    const present = new Set([...this.parts.served()].map((each) => each.runtimeKey));
    for (const [id, { key, labels, statuses }] of this.seen) {
      if (present.has(key)) continue;
      this.seen.delete(id);
      for (const status of statuses) this.requests.remove({ ...labels, status });
      this.errors.remove(labels);
      this.seconds.remove(labels);
    }
  }
}

const labelsOf = (route: Route, versionNumber: number, arm: string): Labels => ({
  team: route.teamId,
  deployment: route.name,
  version: String(versionNumber),
  arm,
});
