import { describe, expect, it } from "vitest";
import { portalStep, progressOf } from "./job-progress-text";

describe("how far a job is, by its own output", () => {
  it.each([
    ["10:00:01 Epoch 3/10 loss=0.41", { value: 0.3, text: "epoch 3 of 10" }],
    ["10:00:01 step: 250 of 1000", { value: 0.25, text: "step 250 of 1000" }],
    ["10:00:01 [fold 2/5]", { value: 0.4, text: "fold 2 of 5" }],
    ["10:00:01  45%|####5     | 45/100 [00:10<00:12,  4.1it/s]", { value: 0.45, text: "45 of 100" }],
    ["10:00:01 progress: 62.5 %", { value: 0.625, text: "62.5 %" }],
  ])("reads %s", (line, expected) => {
    expect(progressOf(["10:00:00 begin", line])).toEqual(expected);
  });

  it.each([
    "10:00:01 accuracy 93 %",
    "10:00:01 2026/11/29 started",
    "10:00:01 epoch 12/10",
    "10:00:01 ── step 1 of 3",
    "10:00:01 loss 3/4",
  ])("takes nothing from %s", (line) => {
    expect(progressOf([line])).toBeUndefined();
  });

  it("believes the newest line, and none that is long past", () => {
    expect(progressOf(["Epoch 1/4", "Epoch 2/4", "saving"])?.value).toBe(0.5);
    expect(progressOf(["Epoch 1/4", ...Array<string>(60).fill("noise")])).toBeUndefined();
  });

  it("tells the portal's own step", () => {
    expect(portalStep(["10:00:00 ── Fetching inputs", "10:00:01 hello"])).toBe("Fetching inputs");
    expect(portalStep(["hello"])).toBe("");
  });
});
