import { isIP, SocketAddress } from "node:net";
import { RateLimiterMemory } from "rate-limiter-flexible";

const WINDOW_SECONDS = 15 * 60;

/** Whose try it is: an account, from an address, perhaps from a browser that has proved to be the account's before. */
export interface SignInTry {
  account: string;
  address: string;
  /** The browser's own proof (`device-cookie.ts`); undefined for a browser that never signed in to this account. */
  device?: string | undefined;
}

interface Limits {
  device: RateLimiterMemory;
  pair: RateLimiterMemory;
  address: RateLimiterMemory;
  strangers: RateLimiterMemory;
}

const holder = globalThis as typeof globalThis & { modelworksSignInLimits?: Limits };

/** One set a process, although Next's bundles and our server load this module separately. */
function limits(): Limits {
  const limiter = (keyPrefix: string, points: number) =>
    new RateLimiterMemory({ keyPrefix, points, duration: WINDOW_SECONDS });
  holder.modelworksSignInLimits ??= {
    device: limiter("device", 10),
    pair: limiter("pair", 10),
    address: limiter("address", 50),
    strangers: limiter("strangers", 100),
  };
  return holder.modelworksSignInLimits;
}

/**
 * Whose an address is: with IPv6 one customer has at least 2^64 of them, so their network counts; IPv4 written as IPv6 is the same
 * address in both forms.
 */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIP(address) !== 6) return address;
  // Written in one way, and without the name of an interface.
  const plain = new SocketAddress({ address: address.replace(/%.*$/, ""), family: "ipv6" }).address;
  const [head = "", tail] = plain.split("::", 2);
  const groups = (text: string) => text.split(":").filter((group) => group !== "");
  const [before, after] = [groups(head), groups(tail ?? "")];
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - before.length - after.length }, () => "0");
  return `${[...before, ...zeros, ...after].slice(0, 4).join(":")}::/64`;
}

/**
 * What a try is counted by. A browser that has signed in to the account before has a count of its own, so that nobody else can use it up;
 * all others share the counts of the account from their address, of their address, and of the account from anywhere.
 */
function countsOf({ account, address, device }: SignInTry): [RateLimiterMemory, string][] {
  const all = limits();
  if (device !== undefined) return [[all.device, `${account} ${device}`]];
  const network = networkOf(address);
  return [
    [all.address, network],
    [all.pair, `${account} ${network}`],
    [all.strangers, account],
  ];
}

/**
 * Counts one try before it is judged, so that tries at the same time count too: in 15 minutes ten for an account from one address (or from
 * one known browser), fifty from an address, a hundred for an account from everywhere unknown. Returns the seconds to wait when there are
 * no tries left.
 */
export async function takeSignInTry(tried: SignInTry): Promise<number | undefined> {
  const counts = countsOf(tried);
  for (const [limiter, key] of counts) {
    const used = await limiter
      .consume(key, 0)
      .catch((full: unknown) => full as { msBeforeNext: number; remainingPoints: number });
    if (used.remainingPoints <= 0) return Math.max(1, Math.ceil(used.msBeforeNext / 1000));
  }
  await Promise.allSettled(counts.map(([limiter, key]) => limiter.consume(key)));
  return undefined;
}

/** A success gives the tries back: all of the pair or the browser, one of the counts that others share. */
export async function returnSignInTries(tried: SignInTry): Promise<void> {
  const { device, pair } = limits();
  await Promise.all(
    countsOf(tried).map(([limiter, key]) =>
      limiter === device || limiter === pair ? limiter.delete(key) : limiter.reward(key),
    ),
  );
}

/** Whoever has just chosen a password by a one-time link enters with it, however often it was guessed at before. */
export async function forgiveSignInTries({ account, address }: Omit<SignInTry, "device">): Promise<void> {
  const { pair, strangers } = limits();
  await Promise.all([pair.delete(`${account} ${networkOf(address)}`), strangers.delete(account)]);
}
