import { describe, expect, it } from "vitest";
import { packingFor } from "./pack-answer";

describe("how an answer is packed", () => {
  it.each<[string | undefined, number, string | undefined]>([
    [undefined, 1e6, undefined],
    ["gzip", 10, "gzip"],
    ["deflate", 10, "deflate"],
    ["gzip, deflate, br", 10, undefined],
    ["gzip, deflate, br", 1e6, "gzip"],
    ["gzip;q=0.2, deflate;q=0.7", 1e6, "deflate"],
    ["gzip;q=0", 1e6, undefined],
    ["br", 1e6, undefined],
    ["*", 10, undefined],
    ["*", 1e6, "gzip"],
    ["identity;q=1, gzip;q=0.5", 1e6, undefined],
    ["identity;q=0, gzip, deflate", 10, "gzip"],
    ["x".repeat(9_000), 1e6, undefined],
  ])("%s, %d bytes", (header, bytes, packing) => {
    expect(packingFor(header, bytes)).toBe(packing);
  });
});
