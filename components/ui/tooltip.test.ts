import { describe, expect, it } from "vitest";
import { placeBubble } from "./tooltip";

const view = { width: 1000, height: 800 };
const bubble = { width: 200, height: 30 };
const at = (top: number, left: number) => ({ top, left, width: 40, height: 20 });

describe("the place of a tooltip", () => {
  it("is beside the trigger on the wanted side, centred", () => {
    expect(placeBubble(at(400, 500), bubble, view, "top")).toEqual({ top: 364, left: 420 });
    expect(placeBubble(at(400, 500), bubble, view, "bottom")).toEqual({ top: 426, left: 420 });
    expect(placeBubble(at(400, 500), bubble, view, "right")).toEqual({ top: 395, left: 546 });
    expect(placeBubble(at(400, 500), bubble, view, "left")).toEqual({ top: 395, left: 294 });
  });

  it("is on the other side where the wanted one has no room", () => {
    expect(placeBubble(at(10, 500), bubble, view, "top").top).toBe(36);
    expect(placeBubble(at(770, 500), bubble, view, "bottom").top).toBe(734);
  });

  it("stays inside the window", () => {
    expect(placeBubble(at(400, 0), bubble, view, "top").left).toBe(8);
    expect(placeBubble(at(400, 980), bubble, view, "top").left).toBe(792);
  });
});
