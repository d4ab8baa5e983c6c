import { AppError } from "@/server/core/errors";

/** A request that its caller did not want to wait for any longer: no fault of the model. */
export class PatienceEnded extends AppError {
  constructor(patienceMs: number) {
    super("timed_out", `The request's timeout of ${patienceMs} ms has passed.`, {
      hint: "Allow more time (the parameter timeout, in microseconds), or leave it out.",
    });
  }
}

/** The answer, or a refusal when the caller's patience ends first. @throws PatienceEnded */
export async function withPatience<T>(work: Promise<T>, patienceMs: number | undefined): Promise<T> {
  if (patienceMs === undefined) return work;
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new PatienceEnded(patienceMs)), Math.min(patienceMs, 2 ** 31 - 1));
  });
  try {
    return await Promise.race([work, ended]);
  } finally {
    clearTimeout(timer);
  }
}
