import { describe, expect, it } from "vitest";
import { isSameOutcome, judge, parseRowId } from "./outcomes";

const right = (predicted: string | string[], outcome: string, datatype: string) =>
  judge(predicted, outcome, datatype)?.correct;

describe("an outcome is right", () => {
  it.each(["INT64", "BOOL", "FP32", "UINT8"])("for a 1 of %s however it is written", (datatype) => {
    for (const outcome of ["1", "1.0", "true", "True", " TRUE "])
      expect(right("1", outcome, datatype)).toBe(true);
    for (const outcome of ["0", "false", "False", "2", "yes"])
      expect(right("1", outcome, datatype)).toBe(false);
  });
  it("for a boolean that the model gives as a word", () => {
    expect(right("true", "1", "BOOL")).toBe(true);
    expect(right("false", "0.0", "BOOL")).toBe(true);
  });
  it("for text to the letter: a postcode is no number", () => {
    expect(right("01067", "1067", "BYTES")).toBe(false);
    expect(right("1", "1.0", "BYTES")).toBe(false);
    expect(right("Cat", "cat", "BYTES")).toBe(false);
    expect(right("cat", " cat ", "BYTES")).toBe(true);
    expect(right("True", "true", "BYTES")).toBe(true);
  });
  it("for whole numbers by every digit", () => {
    expect(right("9007199254740993", "9007199254740992", "INT64")).toBe(false);
    expect(right("9007199254740993", "9007199254740993", "INT64")).toBe(true);
    expect(right("+7", "7", "INT64")).toBe(true);
    const two = ["9007199254740993", "8"];
    expect(right(two, "[8, 9007199254740993]", "INT64")).toBe(true);
    expect(right(two, "[8, 9007199254740992]", "INT64")).toBe(false);
  });
  it("for numbers within what the datatype can hold, and with their distance", () => {
    expect(judge("0.10000000149011612", "0.1", "FP32")).toEqual({
      correct: true,
      absError: expect.closeTo(1.49e-9, 10) as number,
    });
    expect(right("0.10000000149011612", "0.1", "FP64")).toBe(false);
    expect(judge("10", "12.5", "FP64")).toEqual({ correct: false, absError: 2.5 });
    expect(right("1000000", "1000002", "FP32")).toBe(false);
    expect(judge("1", "1e300", "FP32")?.absError).toBe(1e75);
    expect(judge("NaN", "1", "FP32")).toEqual({ correct: false, absError: null });
    // Classes have no distance.
    expect(judge("3", "7", "INT64")?.absError).toBeNull();
  });
  it("for one label among several predicted ones, and for the same set of labels", () => {
    expect(right(["cat", "dog", "fox"], "dog", "BYTES")).toBe(true);
    expect(right(["cat", "dog", "fox"], "cow", "BYTES")).toBe(false);
    expect(right(["7", "3"], "3.0", "INT64")).toBe(true);
    expect(right(["cat", "dog"], '["dog","cat"]', "BYTES")).toBe(true);
    expect(right(["cat", "dog"], '["dog"]', "BYTES")).toBe(false);
  });
  it("for a row of yes and no position by position, and for vectors of numbers", () => {
    expect(right(["1", "0", "1"], "[true,false,1]", "INT64")).toBe(true);
    expect(right(["1", "0", "1"], '["1","1","0"]', "INT64")).toBe(false);
    expect(judge(["1", "0", "1"], "1", "INT64")).toBeUndefined();
    expect(judge(["1", "2"], "[1.5,2.5]", "FP32")).toEqual({ correct: false, absError: 0.5 });
    expect(judge(["1", "2"], "1", "FP32")).toBeUndefined();
  });
});

describe("the same outcome told again", () => {
  it("is known by its value", () => {
    expect(isSameOutcome("1", "true", "INT64")).toBe(true);
    expect(isSameOutcome('["a","b"]', '["a","b"]', "BYTES")).toBe(true);
    expect(isSameOutcome('["a","b"]', "a", "BYTES")).toBe(false);
  });
});

it("a row of a batch has an id of its own", () => {
  expect(parseRowId("prd_01.12")).toEqual({ predictionId: "prd_01", row: 12 });
  expect(parseRowId("prd_01")).toEqual({ predictionId: "prd_01", row: undefined });
});
