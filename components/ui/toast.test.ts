import { describe, expect, it } from "vitest";
import { type Toast, drawToasts, onWaitingToast, toast } from "./toast";

describe("a toast", () => {
  it("waits for what draws it, wakes it, and later ones are drawn at once", () => {
    let woken = 0;
    const stopListening = onWaitingToast(() => (woken += 1));
    toast.success("Saved");
    toast.error("Refused", { description: "Try again." });
    expect(woken).toBe(2);
    const drawn: Toast[] = [];
    const stopDrawing = drawToasts((item) => drawn.push(item));
    toast.success("Again");
    expect(drawn).toEqual([
      { tone: "success", message: "Saved" },
      { tone: "error", message: "Refused", description: "Try again." },
      { tone: "success", message: "Again" },
    ]);
    stopDrawing();
    stopListening();
  });

  it("that waited before anybody listened wakes the listener", () => {
    toast.success("Early");
    let woken = 0;
    onWaitingToast(() => (woken += 1))();
    expect(woken).toBe(1);
  });
});
