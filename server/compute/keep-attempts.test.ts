import { expect, it } from "vitest";
import { keepAttempts, type Engine } from "./keep-attempts";

/** An engine that remembers what it was asked, and starts nothing by itself. */
function engineOf(known: Record<string, string>) {
  const asked: string[][] = [];
  const started: [string, string][] = [];
  const engine: Engine = {
    statuses: async (ids) => {
      asked.push([...ids]);
      return new Map(Object.entries(known).filter(([id]) => ids.includes(id)));
    },
    start: async (id, attemptId) => {
      started.push([id, attemptId]);
    },
  };
  return { asked, started, engine };
}

it("asks once for all attempts that live", async () => {
  const ids = Array.from({ length: 200 }, (_, number) => `att_${number}`);
  const { asked, started, engine } = engineOf(Object.fromEntries(ids.map((id) => [id, "PENDING"])));
  await keepAttempts(ids, engine);
  expect(asked).toEqual([ids]);
  expect(started).toEqual([]);
});

it("starts what was never started, and follows what ended too early under the next free name", async () => {
  const { asked, started, engine } = engineOf({
    lives: "ENQUEUED",
    fell: "ERROR",
    "fell-twice": "ERROR",
    "fell-twice:2": "CANCELLED",
    follows: "ERROR",
    "follows:2": "PENDING",
  });
  await keepAttempts(["lives", "new", "fell", "fell-twice", "follows"], engine);
  expect(started).toEqual([
    ["new", "new"],
    ["fell:2", "fell"],
    ["fell-twice:3", "fell-twice"],
  ]);
  expect(asked.map((ids) => ids.length)).toEqual([5, 3, 1]);
});

it("asks nothing when no attempt is open", async () => {
  const { asked, engine } = engineOf({});
  await keepAttempts([], engine);
  expect(asked).toEqual([]);
});
