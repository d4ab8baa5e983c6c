import { describe, expect, it } from "vitest";
import { forwardedFor, parseAddresses } from "./trusted-proxies";

describe("x-forwarded-for", () => {
  const trusted = parseAddresses("127.0.0.1, ::1, 10.1.0.0/16");
  it.each([
    ["a known proxy's word", "127.0.0.1", "203.0.113.9", "203.0.113.9"],
    ["a known network's word", "10.1.200.3", "1.1.1.1, 203.0.113.9", "1.1.1.1, 203.0.113.9"],
    ["a known proxy over IPv6", "::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"],
    ["a stranger's own address", "198.51.100.7", "203.0.113.9", "198.51.100.7"],
    ["a neighbour outside of the network", "10.2.0.1", "203.0.113.9", "10.2.0.1"],
    ["the caller itself where nothing was forwarded", "127.0.0.1", undefined, "127.0.0.1"],
    ["nobody", undefined, "203.0.113.9", "unknown"],
  ])("is %s", (_what, peer, came, believed) => expect(forwardedFor(trusted, peer, came)).toBe(believed));

  it.each(["", "proxy.local", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "127.0.0.1,,::1"])(
    "refuses %j as a list",
    (text) => expect(() => parseAddresses(text)).toThrow(RangeError),
  );
});
