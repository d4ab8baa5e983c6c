import os from "node:os";
import { measure, type Figures, type Load } from "./load";

/** `--quick` shows in about two seconds that a benchmark works; its figures mean nothing. */
const quick = process.argv.includes("--quick");
const ROUNDS = quick ? 1 : 5;
const SECONDS = quick ? 0.2 : 1.5;
const WARM_UP_SECONDS = quick ? 0.1 : 1;

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/**
 * Loads the named servers in turn, round by round, so that a machine whose speed drifts is fair to all. Medians of the rounds; `requests`
 * and `failures` are of all rounds, the warm-up among them.
 */
async function interleave(loads: Record<string, Load>, connections: number): Promise<Map<string, Figures>> {
  const rounds = new Map(Object.keys(loads).map((name) => [name, [] as Figures[]]));
  const warmUp = new Map<string, Figures>();
  for (const [name, load] of Object.entries(loads)) {
    warmUp.set(name, await measure(load, connections, WARM_UP_SECONDS));
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, load] of Object.entries(loads)) {
      rounds.get(name)?.push(await measure(load, connections, SECONDS));
    }
  }
  return new Map(
    [...rounds].map(([name, figures]) => [
      name,
      {
        perSecond: median(figures.map((each) => each.perSecond)),
        p50Ms: median(figures.map((each) => each.p50Ms)),
        p99Ms: median(figures.map((each) => each.p99Ms)),
        requests: sum([...figures, warmUp.get(name)].map((each) => each?.requests ?? 0)),
        failures: sum([...figures, warmUp.get(name)].map((each) => each?.failures ?? 0)),
      },
    ]),
  );
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const ms = (value: number) => value.toFixed(3).padStart(8);
const signed = (value: number) => `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(3)} ms`;

/**
 * Measures and prints a table, and against each peer a ratio and what is added to its times. The first load is ours; `peersToo` are peers to
 * compare with each other. Returns how many requests each server answered.
 */
export async function compare(
  title: string,
  loads: Record<string, Load>,
  connections: number,
  peersToo: readonly [string, string][] = [],
): Promise<Map<string, number>> {
  const figures = await interleave(loads, connections);
  console.log(`\n${title}, ${connections} connection${connections === 1 ? "" : "s"}`);
  for (const [name, each] of figures) {
    console.log(
      `  ${name.padEnd(24)}${each.perSecond.toFixed(0).padStart(7)} requests/s  p50 ${ms(each.p50Ms)} ms  p99 ${ms(each.p99Ms)} ms  failed ${each.failures}`,
    );
    if (each.failures > 0) process.exitCode = 1;
  }
  const [ours = "", ...peers] = figures.keys();
  for (const [name, other] of [...peers.map((peer): [string, string] => [ours, peer]), ...peersToo]) {
    const [own, peer] = [figures.get(name), figures.get(other)];
    if (!own || !peer) continue;
    console.log(
      `  ratio ${name} / ${other}: ${(own.perSecond / peer.perSecond).toFixed(2)}  (p50 ${signed(own.p50Ms - peer.p50Ms)}, p99 ${signed(own.p99Ms - peer.p99Ms)})`,
    );
  }
  return new Map([...figures].map(([name, each]) => [name, each.requests]));
}

/** What the figures depend on. */
export function printMachine(): void {
  const load = os.loadavg()[0] ?? 0;
  console.log(
    `${os.cpus()[0]?.model.trim() ?? "unknown processor"}, ${os.availableParallelism()} cores, Node ${process.versions.node}, load ${load.toFixed(1)} at the start`,
  );
  if (quick) console.log("--quick: shows that the benchmark works; the figures mean nothing");
  else if (load > os.availableParallelism() / 2)
    console.log("The machine is busy with other work: repeat on a quiet one.");
}
