import { describe, expect, it } from "vitest";
import { allowedBy, parseHosts } from "./endpoint-hosts";

const allowed = (list: string, url: string) => allowedBy(parseHosts(list), new URL(url));

describe("hosts where endpoints may be", () => {
  it.each([
    ["models.example.org", "https://models.example.org/x", "named"],
    ["models.example.org", "http://MODELS.example.org./x", "named"],
    ["models.example.org", "https://models.example.org:8443/x", undefined],
    ["models.example.org:8443", "https://models.example.org:8443/x", "named"],
    ["models.example.org:8443", "https://models.example.org/x", undefined],
    ["*.example.org", "https://a.b.example.org/", "suffix"],
    ["*.example.org", "https://example.org/", undefined],
    ["*.example.org", "https://evilexample.org/", undefined],
    ["*.example.org, a.example.org", "https://a.example.org/", "named"],
    ["*.example.org:8080", "http://a.example.org:8080/", "suffix"],
    ["[::1]:9000", "http://[0:0:0::1]:9000/", "named"],
    ["127.0.0.1:80", "http://127.1/", "named"],
    ["127.0.0.1:80", "http://0x7f000001/", "named"],
    ["", "https://models.example.org/", undefined],
  ])("%s lets %s in: %s", (list, url, how) => expect(allowed(list, url)).toBe(how));

  it.each([
    "*",
    "*.",
    "*.1.2.3.4",
    "https://a.example.org",
    "a.example.org/x",
    "a b",
    "a.example.org:0",
    "a:70000",
    "[::1",
  ])("refuses the entry %s by name", (entry) =>
    expect(() => parseHosts(`ok.example.org,${entry}`)).toThrow(`"${entry.trim()}"`),
  );
});
