import { BlockList, isIP } from "node:net";

/** Addresses and networks (`10.0.0.0/8`), divided by commas. @throws RangeError that names the entry that is neither */
export function parseAddresses(text: string): BlockList {
  const list = new BlockList();
  for (const entry of text.split(",").map((each) => each.trim())) {
    const [address = "", bits, ...rest] = entry.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    const length = family === "ipv6" ? 128 : 32;
    const prefix = bits === undefined ? length : Number(bits || Number.NaN);
    if (!isIP(address) || rest.length > 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > length) {
      throw new RangeError(`"${entry}" is no address or network`);
    }
    list.addSubnet(address, prefix, family);
  }
  return list;
}

/**
 * The value of `x-forwarded-for` that may be believed: what came, from a proxy that we know, else the address of who is connected.
 * Its last entry is then the caller as our own side saw it.
 */
export function forwardedFor(
  trusted: BlockList,
  peer: string | undefined,
  came: string | string[] | undefined,
): string {
  const seen = peer ?? "unknown";
  const known = isIP(seen) !== 0 && trusted.check(seen, isIP(seen) === 6 ? "ipv6" : "ipv4");
  const told = Array.isArray(came) ? came.join(", ") : came;
  return known && told ? told : seen;
}
