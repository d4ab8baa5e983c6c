import { describe, expect, test } from "vitest";
import { defaultOf, mayChange, normalizeQuery } from "./rules";

describe("normalizeQuery", () => {
  test("is the same for the same state in another order", () => {
    expect(normalizeQuery("?state=failed&q=train")).toBe(normalizeQuery("q=train&state=failed"));
  });
  test("leaves out the page, the view and what is empty", () => {
    expect(normalizeQuery("after=eyJ&view=view_1&q=&cols=owner")).toBe("cols=owner");
  });
});

describe("defaultOf", () => {
  const team = { id: "t", scope: "team", isDefault: true };
  const own = { id: "o", scope: "personal", isDefault: true };
  test("prefers one's own default to the team's", () => expect(defaultOf([team, own])?.id).toBe("o"));
  test("falls back to the team's", () =>
    expect(defaultOf([{ ...own, isDefault: false }, team])?.id).toBe("t"));
  test("is nothing when none is marked", () => expect(defaultOf([])).toBeUndefined());
});

describe("mayChange", () => {
  const shared = { scope: "team", ownerId: "usr_a" };
  test.each([
    ["its owner", shared, { userId: "usr_a", role: "member", isPlatformAdmin: false }, true],
    ["a team admin", shared, { userId: "usr_b", role: "admin", isPlatformAdmin: false }, true],
    ["another member", shared, { userId: "usr_b", role: "member", isPlatformAdmin: false }, false],
    [
      "an admin, of somebody's personal view",
      { ...shared, scope: "personal" },
      { userId: "usr_b", role: "admin", isPlatformAdmin: false },
      false,
    ],
  ])("%s", (_who, view, actor, allowed) => expect(mayChange(view, actor)).toBe(allowed));
});
