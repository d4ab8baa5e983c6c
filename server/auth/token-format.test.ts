import { describe, expect, it } from "vitest";
import { looksLikeApiToken, newApiToken } from "./token-format";

describe("API tokens", () => {
  it("carry a checksum that a mistyped character breaks", () => {
    const token = newApiToken();
    expect(token).toMatch(/^mw_[0-9A-Za-z]{36}$/);
    expect(looksLikeApiToken(token)).toBe(true);
    const wrong = token[10] === "a" ? "b" : "a";
    expect(looksLikeApiToken(`${token.slice(0, 10)}${wrong}${token.slice(11)}`)).toBe(false);
    expect(newApiToken()).not.toBe(token);
  });
});
