import { describe, expect, it } from "vitest";
import { deviceCookieName, deviceOf, newDeviceCookie } from "./device-cookie";
import { forgiveSignInTries, networkOf, returnSignInTries, takeSignInTry } from "./sign-in-limit";

const SECRET = "0123456789abcdef0123456789abcdef";
let accounts = 0;
const newAccount = () => `person-${(accounts += 1)}@example.com`;

async function tries(n: number, tried: (i: number) => Parameters<typeof takeSignInTry>[0]) {
  const waits: (number | undefined)[] = [];
  for (let i = 0; i < n; i += 1) waits.push(await takeSignInTry(tried(i)));
  return waits.filter((wait) => wait === undefined).length;
}

describe("wrong passwords", () => {
  it("from one address lock the account for that address alone", async () => {
    const account = newAccount();
    expect(await tries(12, () => ({ account, address: "192.0.2.1" }))).toBe(10);
    expect(await tries(1, () => ({ account, address: "192.0.2.2" }))).toBe(1);
  });

  it("from everywhere do not lock out the person in a browser that they have used before", async () => {
    const account = newAccount();
    expect(await tries(150, (i) => ({ account, address: `198.51.100.${i}` }))).toBe(100);
    expect(await takeSignInTry({ account, address: "192.0.2.3" })).toBeGreaterThan(0);
    const device = deviceOf(SECRET, account, newDeviceCookie(SECRET, account));
    expect(await takeSignInTry({ account, address: "198.51.100.1", device })).toBeUndefined();
  });

  it("in a known browser are counted as well", async () => {
    const account = newAccount();
    expect(await tries(12, () => ({ account, address: "192.0.2.4", device: "d" }))).toBe(10);
  });

  it("for many accounts from one address are stopped, and a right one gives back its own", async () => {
    expect(await tries(60, () => ({ account: newAccount(), address: "203.0.113.1" }))).toBe(50);
    const tried = { account: newAccount(), address: "203.0.113.2" };
    expect(await tries(9, () => tried)).toBe(9);
    await returnSignInTries(tried);
    expect(await tries(10, () => tried)).toBe(10);
  });
});

it("a password that was chosen by a link works at once, after any number of wrong ones", async () => {
  const account = newAccount();
  const own = { account, address: "192.0.2.9" };
  expect(await tries(11, () => own)).toBe(10);
  expect(await tries(150, (i) => ({ account, address: `198.51.100.${i}` }))).toBe(90);
  await forgiveSignInTries(own);
  expect(await takeSignInTry(own)).toBeUndefined();
});

describe("the addresses of one customer", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:192.0.2.1", "192.0.2.1"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:DB8:0:0:1:2:3:4", "2001:db8:0:0::/64"],
    ["2001:db8:0:1::", "2001:db8:0:1::/64"],
    ["::1", "0:0:0:0::/64"],
    ["1:2:3:4:5:6:7:8", "1:2:3:4::/64"],
    ["1:2:3::8", "1:2:3:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["64:ff9b::192.0.2.1", "64:ff9b:0:0::/64"],
    ["unknown", "unknown"],
    ["", ""],
  ])("%s counts as %s", (address, network) => expect(networkOf(address)).toBe(network));

  it("share their tries, however many there are", async () => {
    const account = newAccount();
    expect(await tries(12, (i) => ({ account, address: `2001:db8:7:7::${i.toString(16)}` }))).toBe(10);
    expect(await tries(1, () => ({ account, address: "2001:db8:7:8::1" }))).toBe(1);
  });
});

describe("a known browser's proof", () => {
  it("counts for its account alone, and only as we made it", () => {
    const cookie = newDeviceCookie(SECRET, "ada@example.com");
    expect(deviceOf(SECRET, "ada@example.com", cookie)).toMatch(/^[\w-]{16}$/);
    expect(deviceOf(SECRET, "bob@example.com", cookie)).toBeUndefined();
    expect(deviceOf(`${SECRET}x`, "ada@example.com", cookie)).toBeUndefined();
    for (const made of [undefined, "", "a", "a.b", `${cookie}x`, `x${cookie}`])
      expect(deviceOf(SECRET, "ada@example.com", made)).toBeUndefined();
    expect(deviceCookieName("ada@example.com")).not.toContain("ada");
  });
});
