import { z } from "zod";

/** Postgres' classes of errors that the data itself causes: data exception, integrity violation, program limit exceeded. */
const FAULTS_OF_DATA = ["22", "23", "54"];

/** Connection, transaction rollback, insufficient resources, not in the right state, operator intervention, system error. */
const FAULTS_OF_DATABASE = ["08", "25", "40", "53", "55", "57", "58"];

const WithCode = z.object({ code: z.string() });
const WithCause = z.object({ cause: z.unknown() });

function sqlStateOf(error: unknown): string | undefined {
  let current = error;
  for (let depth = 0; depth < 4 && current !== undefined && current !== null; depth += 1) {
    const found = WithCode.safeParse(current).data?.code;
    if (found && /^[0-9A-Z]{5}$/.test(found)) return found;
    current = WithCause.safeParse(current).data?.cause;
  }
  return undefined;
}

/** `record`: it will fail again however often it is tried. `database`: it is away or busy. `unknown`: neither is certain. */
export function faultOf(error: unknown): "record" | "database" | "unknown" {
  if (error instanceof z.ZodError || error instanceof RangeError || error instanceof TypeError)
    return "record";
  const state = sqlStateOf(error);
  // Without a state the database did not answer.
  if (state === undefined) return "database";
  if (FAULTS_OF_DATA.includes(state.slice(0, 2))) return "record";
  return FAULTS_OF_DATABASE.includes(state.slice(0, 2)) ? "database" : "unknown";
}
