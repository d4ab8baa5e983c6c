import { describe, expect, it } from "vitest";
import { isRowFault, MicroBatch, type MicroBatchOptions } from "./micro-batch";

interface Item {
  key: string;
  value: number;
}

/** A batch whose work ends when the test says so, with a record of what was at work. */
function controlled(options: Partial<MicroBatchOptions<Item, number>> = {}) {
  const batches: { values: number[]; end: (error?: Error) => void }[] = [];
  const batch = new MicroBatch<Item, number>({
    run: (items) =>
      new Promise((resolve, reject) => {
        batches.push({
          values: items.map((item) => item.value),
          end: (error) => (error ? reject(error) : resolve(items.map((item) => item.value * 10))),
        });
      }),
    keyOf: (item) => item.key,
    maxSize: 4,
    maxInFlight: 2,
    isItemFault: () => true,
    ...options,
  });
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  return { batch, batches, turn };
}

const item = (value: number, key = `key ${value}`): Item => ({ key, value });

describe("a micro batch", () => {
  it("joins what arrives in one turn and answers each item by itself", async () => {
    const { batch, batches, turn } = controlled();
    const answers = Promise.all([1, 2, 3].map((value) => batch.add(item(value))));
    await turn();
    expect(batches.map((each) => each.values)).toEqual([[1, 2, 3]]);
    batches[0]?.end();
    expect(await answers).toEqual([10, 20, 30]);
  });

  it("closes a batch at its size, bounds what is in flight, and goes on when a slot is free", async () => {
    const { batch, batches, turn } = controlled();
    const answers = Promise.all(Array.from({ length: 10 }, (_, value) => batch.add(item(value))));
    await turn();
    expect(batches.map((each) => each.values)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
    batches[1]?.end();
    await turn();
    await turn();
    expect(batches[2]?.values).toEqual([8, 9]);
    batches[0]?.end();
    batches[2]?.end();
    expect(await answers).toHaveLength(10);
  });

  it("never has a key in two batches, keeps a key's order, and lets other keys pass", async () => {
    const { batch, batches, turn } = controlled();
    const first = batch.add(item(1, "run"));
    await turn();
    const later = [batch.add(item(2, "run")), batch.add(item(3, "run"))];
    const other = batch.add(item(9, "other"));
    await turn();
    expect(batches.map((each) => each.values)).toEqual([[1], [9]]);
    batches[0]?.end();
    await first;
    await turn();
    await turn();
    expect(batches[2]?.values).toEqual([2, 3]);
    batches[1]?.end();
    batches[2]?.end();
    expect(await Promise.all([...later, other])).toEqual([20, 30, 90]);
  });

  it("sends an item larger than a batch alone", async () => {
    const { batch, batches, turn } = controlled({ sizeOf: (each) => each.value });
    const answers = Promise.all([batch.add(item(9)), batch.add(item(1)), batch.add(item(2))]);
    await turn();
    expect(batches.map((each) => each.values)).toEqual([[9], [1, 2]]);
    for (const each of batches) each.end();
    expect(await answers).toEqual([90, 10, 20]);
  });

  it("tries each item by itself when one may be at fault, so that a bad one fails alone", async () => {
    const tried: number[][] = [];
    const { batch } = controlled({
      run: async (items) => {
        tried.push(items.map((each) => each.value));
        if (items.some((each) => each.value === 2)) throw new Error("2 is bad");
        return items.map((each) => each.value);
      },
    });
    const outcomes = await Promise.allSettled([1, 2, 3].map((value) => batch.add(item(value))));
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(tried).toEqual([[1, 2, 3], [1], [2], [3]]);
  });

  it("fails all at once when no item can be at fault, and works again afterwards", async () => {
    let away = true;
    let calls = 0;
    const { batch } = controlled({
      isItemFault: () => false,
      run: async (items) => {
        calls += 1;
        if (away) throw new Error("the database is away");
        return items.map((each) => each.value);
      },
    });
    const outcomes = await Promise.allSettled([1, 2, 3].map((value) => batch.add(item(value))));
    expect(outcomes.every((outcome) => outcome.status === "rejected")).toBe(true);
    expect(calls).toBe(1);
    away = false;
    expect(await batch.add(item(4))).toBe(4);
  });
});

describe("the fault of a row", () => {
  const failed = (code: string) => Object.assign(new Error("failed"), { code });
  it("is a data, constraint or serialization error, also one that is wrapped", () => {
    for (const code of ["22021", "23505", "40P01"]) expect(isRowFault(failed(code))).toBe(true);
    expect(isRowFault(new Error("query failed", { cause: failed("22003") }))).toBe(true);
  });
  it("is no lost connection", () => {
    for (const code of ["57P01", "08006", "ECONNREFUSED"]) expect(isRowFault(failed(code))).toBe(false);
  });
});
