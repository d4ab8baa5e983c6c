import { BlockList, isIPv4, isIPv6 } from "node:net";

type Net = readonly [string, number];

function listOf(nets: readonly Net[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of nets) list.addSubnet(address, prefix, isIPv4(address) ? "ipv4" : "ipv6");
  return list;
}

/** No model is there: links, clouds' metadata, everybody, nobody, and ways to write an address of the other family. */
const NEVER = listOf([
  ["0.0.0.0", 8],
  ["169.254.0.0", 16],
  ["100.100.100.200", 32],
  ["168.63.129.16", 32],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  ["::", 128],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001::", 32],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["fd00:ec2::", 32],
  ["fd20:ce::254", 128],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
]);

/** This machine and its own networks: only for a host that the operator names itself. */
const OWN = listOf([
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["::1", 128],
  ["fc00::", 7],
]);

const LOOPBACK = listOf([
  ["127.0.0.0", 8],
  ["::1", 128],
]);

/** An IPv4 address that is written as IPv6 (::ffff:a.b.c.d, or the old ::a.b.c.d), as itself. */
function plain(address: string): string {
  const bare = address.replace(/%.*$/, "");
  if (!isIPv6(bare)) return bare;
  const { hostname } = new URL(`http://[${bare}]/`);
  const mapped = /^\[::(?:ffff:)?([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(hostname);
  if (!mapped) return bare;
  const [high, low] = [Number.parseInt(mapped[1] ?? "", 16), Number.parseInt(mapped[2] ?? "", 16)];
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
}

/** What the internet routes. Whatever lies outside (ways to write an address of the other family among it) has no endpoint. */
const ROUTED = listOf([["2000::", 3]]);

const isIn = (list: BlockList, address: string) => list.check(address, isIPv4(address) ? "ipv4" : "ipv6");

export type AddressKind = "public" | "own" | "never";

/** What may be behind an address that a name was resolved to. */
export function addressKind(address: string): AddressKind {
  const bare = plain(address);
  if (!isIPv4(bare) && !isIPv6(bare)) return "never";
  if (isIn(NEVER, bare)) return "never";
  if (isIn(OWN, bare)) return "own";
  return isIPv4(bare) || isIn(ROUTED, bare) ? "public" : "never";
}

export const isLoopback = (address: string): boolean => {
  const bare = plain(address);
  return (isIPv4(bare) || isIPv6(bare)) && isIn(LOOPBACK, bare);
};
