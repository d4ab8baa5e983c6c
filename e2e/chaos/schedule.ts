/** Who is killed in a round. */
export const VICTIMS = ["portal", "worker", "gateway", "postgres", "backend", "job", "keeper"] as const;
export type Victim = (typeof VICTIMS)[number];

export interface Round {
  victim: Victim;
  /** Pause after the kill before. */
  afterMs: number;
}

/** How often each is killed; `postgres` is the server's first process, `backend` one that serves a connection. */
export const KILLS: Readonly<Record<Victim, number>> = {
  portal: 5,
  worker: 5,
  gateway: 5,
  postgres: 4,
  backend: 2,
  job: 1,
  keeper: 1,
};

/** Victims that are there only while a side job runs: they are waited for beside the others, and not during a short canary. */
export const OF_JOBS: ReadonlySet<Victim> = new Set<Victim>(["job", "keeper"]);

interface Phase {
  /** Its part of the rounds, by weight. */
  weight: number;
  /** Pauses, random within the two, that spread its rounds over it. */
  pauseMs: readonly [least: number, most: number];
  withJobs: boolean;
}

const TRAINING: Phase = { weight: 4, pauseMs: [300, 6_000], withJobs: true };
const CANARY: Phase = { weight: 5, pauseMs: [300, 1_500], withJobs: false };
const PHASES: readonly Phase[] = [TRAINING, TRAINING, CANARY, TRAINING, CANARY];

/** Numbers from 0 to 1 that a seed determines (mulberry32): the same seed kills in the same order with the same pauses. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let at = result.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    const [a, b] = [result[at], result[other]];
    if (a !== undefined && b !== undefined) [result[at], result[other]] = [b, a];
  }
  return result;
}

/** All rounds in random order, dealt out to the phases of the line: version 1, version 2, its canary, version 3, its canary. */
export function scheduleOf(seed: number): Round[][] {
  const random = randomOf(seed);
  const victims = VICTIMS.flatMap((victim) => Array.from({ length: KILLS[victim] }, () => victim));
  const dealt = PHASES.map((): Victim[] => []);
  const deal = (hand: readonly Victim[], to: readonly number[]) => {
    const places = shuffled(
      to.flatMap((phase) => Array.from({ length: PHASES[phase]?.weight ?? 0 }, () => phase)),
      random,
    );
    for (const [at, victim] of hand.entries()) dealt[places[at] ?? 0]?.push(victim);
  };
  const all = PHASES.map((_, phase) => phase);
  const mixed = shuffled(victims, random);
  deal(
    mixed.filter((victim) => !OF_JOBS.has(victim)),
    all,
  );
  deal(
    mixed.filter((victim) => OF_JOBS.has(victim)),
    all.filter((phase) => PHASES[phase]?.withJobs),
  );
  return dealt.map((hand, phase) => {
    const [least, most] = PHASES[phase]?.pauseMs ?? [0, 0];
    return shuffled(hand, random).map((victim) => ({
      victim,
      afterMs: Math.round(least + random() * (most - least)),
    }));
  });
}

/** The seed of this run: given to repeat a run, else any; printed in either case. */
export function seedOfRun(): number {
  const given = process.env.MODELWORKS_CHAOS_SEED;
  if (given === undefined) return Math.floor(Math.random() * 2 ** 31);
  const seed = Number(given);
  if (!Number.isInteger(seed)) throw new Error("MODELWORKS_CHAOS_SEED must be a whole number.");
  return seed;
}
