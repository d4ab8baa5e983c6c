/** Numbers of a version since this gateway began, in the form of the protocol's statistics extension. */

interface Tally {
  count: number;
  ns: number;
}

interface Counts {
  lastMs: number;
  rows: number;
  success: Tally;
  fail: Tally;
  infer: Tally;
}

export interface Observed {
  ok: boolean;
  totalMs: number;
  /** In the model's process, waiting included; undefined when the request did not reach it. */
  inferMs: number | undefined;
  /** Rows that were asked for at once. */
  rows: number;
  atMs: number;
}

const add = (tally: Tally, ms: number) => {
  tally.count += 1;
  tally.ns += Math.round(ms * 1e6);
};

export class Statistics {
  private readonly byVersion = new Map<string, Counts>();

  observe(key: string, observed: Observed): void {
    let counts = this.byVersion.get(key);
    if (!counts) {
      const none = () => ({ count: 0, ns: 0 });
      counts = { lastMs: 0, rows: 0, success: none(), fail: none(), infer: none() };
      this.byVersion.set(key, counts);
    }
    counts.lastMs = observed.atMs;
    add(observed.ok ? counts.success : counts.fail, observed.totalMs);
    if (observed.ok) counts.rows += observed.rows;
    if (observed.inferMs !== undefined) add(counts.infer, observed.inferMs);
  }

  /** One entry of an answer's `model_stats`. */
  entry(key: string, name: string, version: string) {
    const counts = this.byVersion.get(key);
    const none = { count: 0, ns: 0 };
    return {
      name,
      version,
      last_inference: counts?.lastMs ?? 0,
      inference_count: counts?.rows ?? 0,
      execution_count: counts?.success.count ?? 0,
      inference_stats: {
        success: counts?.success ?? none,
        fail: counts?.fail ?? none,
        compute_infer: counts?.infer ?? none,
      },
      batch_stats: [],
    };
  }
}
