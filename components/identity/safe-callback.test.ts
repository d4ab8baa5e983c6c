import { describe, expect, it } from "vitest";
import { safeCallback } from "./safe-callback";

describe("safeCallback", () => {
  it.each([
    ["/models/mdl_1?tab=card#top", "/models/mdl_1?tab=card#top"],
    [undefined, "/"],
    ["https://evil.example/x", "/"],
    ["//evil.example/x", "/"],
    [String.raw`/\evil.example`, "/"],
    ["javascript:alert(1)", "/"],
    ["/sign-in?callbackUrl=/", "/"],
    ["/api/auth/signout", "/"],
  ])("%s → %s", (given, expected) => {
    expect(safeCallback(given)).toBe(expected);
  });

  it("accepts an absolute address of the portal itself", () => {
    expect(safeCallback("http://p:3000/jobs", "http://p:3000")).toBe("/jobs");
  });
});
