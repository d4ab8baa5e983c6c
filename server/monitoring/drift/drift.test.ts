import { describe, expect, it } from "vitest";
import { judgeDrift, type FeatureSamples } from "../stats";
import { againstFirst } from "./compare";
import { isLookDue, LOOK_EVERY_MS } from "./looks";
import { columnsOf, independentRows, rowsOfInputs } from "./rows";
import { againstCounts, againstRequests, type ColumnCounts } from "./samples";
import { categoryOf, plainNumber, valueOf, type FeatureValue } from "./values";

const column = (change: Partial<ColumnCounts>): ColumnCounts => ({
  name: "x",
  histogram: [],
  top: [],
  present: 1_000,
  missing: 0,
  distinct: 2,
  ...change,
});
const statusesOf = (samples: FeatureSamples[]) =>
  judgeDrift(samples).map((each) => [each.feature, each.status]);
const repeat = (count: number, ...values: FeatureValue[]) =>
  Array.from({ length: count }, () => values).flat();

describe("values are compared by what they are", () => {
  it("true is 1 however it is written, and 1.0 is 1; codes are text", () => {
    expect([true, "true", "True", 1, "1", "1.0"].map(categoryOf)).toEqual(
      Array.from({ length: 6 }, () => "1"),
    );
    expect(["01067", "9007199254740993", "a", "0.10"].map(categoryOf)).toEqual([
      "01067",
      "9007199254740993",
      "a",
      "0.1",
    ]);
  });
  it("a number sent as FP32, FP16 or BF16 is the decimal it was", () => {
    for (const value of [0.1, 0.2, 1 / 4, 123.456, 1e-7, -3.3])
      expect(plainNumber(Math.fround(value), "FP32")).toBe(value);
    expect(plainNumber(0.0999755859375, "FP16")).toBe(0.1);
    expect(plainNumber(0.10009765625, "BF16")).toBe(0.1);
    expect(plainNumber(0.30000000000000004, "FP64")).toBe(0.30000000000000004);
  });
  it("null and NaN are missing, digits of large integers are numbers", () => {
    expect([null, "NaN", "9007199254740993", "x"].map((each) => valueOf(each, "INT64"))).toEqual([
      null,
      null,
      9007199254740992,
      null,
    ]);
    expect(valueOf("NaN", "BYTES")).toBe("NaN");
  });
  it("booleans, numbers and texts of the same values do not drift", () => {
    const flags = column({
      top: [
        { value: true, count: 600 },
        { value: false, count: 400 },
      ],
    });
    expect(statusesOf(againstCounts(flags, repeat(100, 1, 1, 1, 0, 0), {}))).toEqual([["x", "no-drift"]]);
    const tenths = column({
      top: [
        { value: 0.1, count: 500 },
        { value: "0.2", count: 500 },
      ],
    });
    const sent = repeat(200, valueOf(Math.fround(0.1), "FP32"), valueOf(Math.fround(0.2), "FP32"));
    expect(statusesOf(againstCounts(tenths, sent, {}))).toEqual([["x", "no-drift"]]);
  });
  it("whole numbers fall into the bin that the profile put them in", () => {
    // 20 to 79 in bins of 3: the edges are ages themselves.
    const ages = Array.from({ length: 60 }, (_, n) => 20 + n);
    const width = 59 / 20;
    const histogram = Array.from({ length: 20 }, (_, bin) => ({
      from: 20 + bin * width,
      to: 20 + (bin + 1) * width,
      count: ages.filter((age) => Math.min(Math.floor((age - 20) / width), 19) === bin).length * 20,
    }));
    const [sample] = againstCounts(column({ histogram, distinct: 60 }), repeat(20, ...ages), {});
    expect(sample?.reference).toEqual(sample?.current);
  });
  it("a text of many values is compared by its frequent ones", () => {
    const city = column({ distinct: 500, top: [{ value: "Ulm", count: 300 }], present: 1_000 });
    expect(statusesOf(againstCounts(city, repeat(100, "Ulm", "Rom", "Bonn"), {}))).toEqual([
      ["x", "no-drift"],
    ]);
    expect(statusesOf(againstCounts(city, repeat(300, "Rom"), {}))).toEqual([["x", "drift"]]);
  });
  it("missing values have a share of their own", () => {
    const flags = column({
      top: [
        { value: 1, count: 500 },
        { value: 0, count: 500 },
      ],
    });
    expect(statusesOf(againstCounts(flags, repeat(100, 1, 0, null), {}))).toEqual([
      ["x", "no-drift"],
      ["x: missing values", "drift"],
    ]);
    expect(statusesOf(againstRequests("x", repeat(200, 1, 0), repeat(200, 1, 0, null), {}))[1]).toEqual([
      "x: missing values",
      "drift",
    ]);
  });
});

describe("rows of a request", () => {
  const wide = { name: "f", shape: [-1, 2], featureNames: ["age", "income"] };
  it("have the names that the contract gives, whatever the order of the table", () => {
    const inputs = [{ name: "f", datatype: "FP32", shape: [1, 2], data: [40, 1.5] }];
    expect(rowsOfInputs(inputs, [wide]).map((row) => [...row])).toEqual([
      [
        ["age", 40],
        ["income", 1.5],
      ],
    ]);
    expect([...(rowsOfInputs(inputs, [])[0]?.keys() ?? [])]).toEqual(["f[0]", "f[1]"]);
  });
  it("each count in a batch, from one wide tensor or one for each column; of a large one those that were kept", () => {
    const batch = [{ name: "f", datatype: "FP32", shape: [3, 2], data: [1, 2, 3, 4, 5, null] }];
    expect([...columnsOf(rowsOfInputs(batch, [wide]))]).toEqual([
      ["age", [1, 3, 5]],
      ["income", [2, 4, null]],
    ]);
    const columns = [
      { name: "a", datatype: "INT64", shape: [2, 1], data: [1, 2] },
      { name: "b", datatype: "BYTES", shape: [2, 1], data: ["x", "y"] },
    ];
    expect([...columnsOf(rowsOfInputs(columns, []))]).toEqual([
      ["a", [1, 2]],
      ["b", ["x", "y"]],
    ]);
    const cut = [{ name: "f", datatype: "FP32", shape: [1_000_000, 2], data: [1, 2, 3, 4] }];
    expect(rowsOfInputs(cut, [wide])).toHaveLength(2);
    expect(
      rowsOfInputs([{ name: "s", datatype: "FP32", shape: [2], data: [1, 2] }], [{ name: "s", shape: [-1] }]),
    ).toHaveLength(2);
    expect(rowsOfInputs([{ name: "s", datatype: "FP32", shape: [2], data: [1, 2] }], [])).toHaveLength(1);
  });
  it("that are a replay of a hundred are a sample of a hundred", () => {
    const hundred = Array.from({ length: 100 }, (_, n) => new Map([["x", n]]));
    expect(independentRows(repeatRows(hundred, 10))).toBeCloseTo(100, 9);
    expect(independentRows(hundred)).toBeCloseTo(100, 9);
  });
});

const repeatRows = <T>(rows: readonly T[], times: number) => Array.from({ length: times }, () => rows).flat();

it("two categories and an age, drawn from the same people, do not drift: repeats are counted alike on both sides", () => {
  let seed = 3;
  const roll = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  const person = () => ({
    sex: roll() < 0.5 ? "f" : "m",
    smoker: roll() < 0.2 ? "yes" : "no",
    age: 20 + Math.floor(60 * roll() ** 2),
  });
  const learned = Array.from({ length: 2_000 }, person);
  const counts = (of: (one: ReturnType<typeof person>) => string) => {
    const map = new Map<string, number>();
    for (const one of learned) map.set(of(one), (map.get(of(one)) ?? 0) + 1);
    return [...map].map(([value, count]) => ({ value, count })).toSorted((a, b) => b.count - a.count);
  };
  const width = 59 / 20;
  const columns = [
    column({ name: "sex", top: counts((one) => one.sex), present: 2_000 }),
    column({ name: "smoker", top: counts((one) => one.smoker), present: 2_000 }),
    column({
      name: "age",
      distinct: 60,
      present: 2_000,
      histogram: Array.from({ length: 20 }, (_, bin) => ({
        from: 20 + bin * width,
        to: 20 + (bin + 1) * width,
        count: learned.filter((one) => Math.min(Math.floor((one.age - 20) / width), 19) === bin).length,
      })),
    }),
  ];
  let alarms = 0;
  for (let look = 0; look < 100; look += 1) {
    const now = Array.from({ length: 1_000 }, person);
    const samples = columns.flatMap((each) =>
      againstCounts(
        each,
        now.map((one) => one[each.name === "age" ? "age" : each.name === "sex" ? "sex" : "smoker"]),
        {},
      ),
    );
    if (judgeDrift(samples, { alpha: 0.01 }).some((each) => each.status === "drift")) alarms += 1;
  }
  expect(alarms).toBeLessThanOrEqual(4);
});

describe("what was predicted, and how surely", () => {
  const requests = (predicted: FeatureValue[], scores: number[]) => {
    const rows = predicted.map((_, n) => new Map<string, FeatureValue>([["age", 20 + (n % 60) + n / 1_000]]));
    return { count: rows.length, from: null, to: null, rows, predicted, scores };
  };
  const labels = (yes: number) => Array.from({ length: 500 }, (_, n) => (n % 100 < yes ? "yes" : "no"));
  const sure = (least: number) => Array.from({ length: 500 }, (_, n) => least + (n % 50) / 500);
  const found = (predicted: FeatureValue[], scores: number[]) =>
    Object.fromEntries(
      statusesOf(againstFirst(requests(labels(30), sure(0.85)), requests(predicted, scores), undefined)),
    );

  it("do not drift while they are as they were", () => {
    expect(found(labels(30), sure(0.85))).toEqual({
      age: "no-drift",
      Predictions: "no-drift",
      Confidence: "no-drift",
    });
  });
  it("drift although the inputs do not: other labels, less confidence", () => {
    expect(found(labels(70), sure(0.85))).toMatchObject({
      age: "no-drift",
      Predictions: "drift",
      Confidence: "no-drift",
    });
    expect(found(labels(30), sure(0.5))).toMatchObject({
      age: "no-drift",
      Predictions: "no-drift",
      Confidence: "drift",
    });
  });
});

it("a look comes once an hour, the first as soon as there is enough", () => {
  const due = (
    lastLookAtMs: number | undefined,
    waiting: number,
    ageMs: number,
    nowMs = 10 * LOOK_EVERY_MS,
  ) => isLookDue({ nowMs, lastLookAtMs, waiting, oldestAtMs: nowMs - ageMs });
  expect(due(undefined, 300, 0)).toBe(true);
  expect(due(undefined, 299, 0)).toBe(false);
  expect(due(undefined, 50, LOOK_EVERY_MS)).toBe(true);
  expect(due(undefined, 49, LOOK_EVERY_MS)).toBe(false);
  expect(due(9 * LOOK_EVERY_MS, 50, 0)).toBe(true);
  expect(due(9 * LOOK_EVERY_MS + 1, 1_000, LOOK_EVERY_MS)).toBe(false);
});
