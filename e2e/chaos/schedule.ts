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

const PAUSE_MS = { least: 300, most: 3_000 };

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

/** All rounds in random order, dealt out to the phases of the line, so that every phase meets kills. */
export function scheduleOf(seed: number, phases: number, kills = KILLS): Round[][] {
  const random = randomOf(seed);
  const victims = VICTIMS.flatMap((victim) => Array.from({ length: kills[victim] }, () => victim));
  const rounds = shuffled(victims, random).map((victim) => ({
    victim,
    afterMs: Math.round(PAUSE_MS.least + random() * (PAUSE_MS.most - PAUSE_MS.least)),
  }));
  const each = Math.ceil(rounds.length / phases);
  return Array.from({ length: phases }, (_, phase) => rounds.slice(phase * each, (phase + 1) * each));
}

/** The seed of this run: given to repeat a run, else any; printed in either case. */
export function seedOfRun(): number {
  const given = process.env.MODELWORKS_CHAOS_SEED;
  if (given === undefined) return Math.floor(Math.random() * 2 ** 31);
  const seed = Number(given);
  if (!Number.isInteger(seed)) throw new Error("MODELWORKS_CHAOS_SEED must be a whole number.");
  return seed;
}
