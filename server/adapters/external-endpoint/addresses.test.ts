import { expect, it } from "vitest";
import { addressKind, isLoopback } from "./addresses";

it.each([
  ["93.184.216.34", "public"],
  ["2606:4700::1111", "public"],
  ["127.0.0.1", "own"],
  ["127.8.9.1", "own"],
  ["10.1.2.3", "own"],
  ["172.31.255.255", "own"],
  ["172.32.0.1", "public"],
  ["192.168.0.1", "own"],
  ["100.64.0.1", "own"],
  ["::1", "own"],
  ["fd12::1", "own"],
  ["::ffff:127.0.0.1", "own"],
  ["::ffff:7f00:1", "own"],
  ["::ffff:8.8.8.8", "public"],
  ["0.0.0.0", "never"],
  ["::", "never"],
  ["169.254.169.254", "never"],
  ["::ffff:169.254.169.254", "never"],
  ["::ffff:a9fe:a9fe", "never"],
  ["::a9fe:a9fe", "never"],
  ["64:ff9b::a9fe:a9fe", "never"],
  ["2002:a9fe:a9fe::", "never"],
  ["fe80::1%eth0", "never"],
  ["fd00:ec2::254", "never"],
  ["fd20:ce::254", "never"],
  ["100.100.100.200", "never"],
  ["168.63.129.16", "never"],
  ["224.0.0.1", "never"],
  ["255.255.255.255", "never"],
  ["ff02::1", "never"],
  ["::ffff:0:a9fe:a9fe", "never"],
  ["::ffff:0:127.0.0.1", "never"],
  ["::2", "never"],
  ["5f00::1", "never"],
  ["4000::1", "never"],
  ["metadata", "never"],
])("%s is %s", (address, kind) => expect(addressKind(address)).toBe(kind));

it("knows loopback in all its spellings", () => {
  expect(["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"].map(isLoopback)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(["10.0.0.1", "::2", "localhost"].map(isLoopback)).toEqual([false, false, false]);
});
