import { describe, expect, test } from "vitest";
import { bestOf, directionOf } from "./best";

describe("directionOf", () => {
  test.each([
    ["train_loss", "smaller"],
    ["eval/RMSE", "smaller"],
    ["accuracy", "larger"],
    ["val f1", "larger"],
    ["epochs", undefined],
    ["mapped_rows", undefined],
    ["glossary", undefined],
  ])("%s", (name, direction) => expect(directionOf(name)).toBe(direction));
});

describe("bestOf", () => {
  test("takes the metric's direction", () => {
    expect(bestOf("loss", [0.3, 0.1, null])).toBe(0.1);
    expect(bestOf("accuracy", [0.3, 0.1, Number.NaN])).toBe(0.3);
  });
  test("marks nothing where nothing differs or nobody knows the direction", () => {
    expect(bestOf("loss", [0.3, 0.3])).toBeNull();
    expect(bestOf("loss", [0.3])).toBeNull();
    expect(bestOf("rows", [1, 2])).toBeNull();
  });
});
