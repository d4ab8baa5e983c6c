import autocannon from "autocannon";

export interface Load {
  url: string;
  method?: "GET" | "POST";
  headers?: Record<string, string>;
  /** A new body for each request, or the same for all. */
  body: string | (() => string);
  connections?: number;
  seconds?: number;
}

export interface Figures {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  failures: number;
}

/** Sends requests over keep-alive connections to a loopback address for a bounded time. */
export async function measure(load: Load): Promise<Figures> {
  const { hostname } = new URL(load.url);
  if (hostname !== "127.0.0.1") throw new Error("Benchmarks send traffic to 127.0.0.1 only.");
  const { body } = load;
  const result = await autocannon({
    url: load.url,
    method: load.method ?? "POST",
    connections: load.connections ?? 32,
    duration: load.seconds ?? 5,
    headers: { "content-type": "application/json", ...load.headers },
    requests: [
      typeof body === "string"
        ? { body }
        : {
            setupRequest: (request) => ({ ...request, body: body() }),
          },
    ],
  });
  return {
    perSecond: result.requests.average,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failures: result.non2xx + result.errors,
  };
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Measures the named loads in turn, round by round, so that a machine whose speed drifts is fair to all. */
export async function interleave(loads: Record<string, Load>, rounds = 3): Promise<Record<string, Figures>> {
  const names = Object.keys(loads);
  const all = new Map(names.map((name) => [name, [] as Figures[]]));
  for (const [name, load] of Object.entries(loads))
    await measure({ ...load, seconds: 1 }).catch((error: unknown) => console.error(name, error));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, load] of Object.entries(loads)) all.get(name)?.push(await measure(load));
  }
  return Object.fromEntries(
    names.map((name) => {
      const figures = all.get(name) ?? [];
      const of = (pick: (figure: Figures) => number) => median(figures.map(pick));
      return [
        name,
        {
          perSecond: of((f) => f.perSecond),
          p50Ms: of((f) => f.p50Ms),
          p99Ms: of((f) => f.p99Ms),
          failures: figures.reduce((sum, f) => sum + f.failures, 0),
        },
      ];
    }),
  );
}

/** Prints a table, then one ratio per line: ours over each peer. */
export function report(title: string, figures: Record<string, Figures>, ours: string): void {
  console.log(`\n${title} (medians of interleaved rounds)`);
  for (const [name, each] of Object.entries(figures)) {
    console.log(
      `  ${name.padEnd(28)} ${each.perSecond.toFixed(0).padStart(7)} req/s   p50 ${each.p50Ms.toFixed(2)} ms   p99 ${each.p99Ms.toFixed(2)} ms   failures ${each.failures}`,
    );
  }
  const own = figures[ours];
  for (const [name, each] of Object.entries(figures)) {
    if (name !== ours && own)
      console.log(`  ratio ${ours} / ${name}: ${(own.perSecond / each.perSecond).toFixed(2)}x throughput`);
  }
}
