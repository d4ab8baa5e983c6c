import { RateLimiterMemory } from "rate-limiter-flexible";

const WINDOW_SECONDS = 15 * 60;

interface Limits {
  account: RateLimiterMemory;
  address: RateLimiterMemory;
}

const holder = globalThis as typeof globalThis & { modelworksSignInLimits?: Limits };

/** One set a process, although Next's bundles and our server load this module separately. */
function limits(): Limits {
  holder.modelworksSignInLimits ??= {
    account: new RateLimiterMemory({ keyPrefix: "account", points: 10, duration: WINDOW_SECONDS }),
    address: new RateLimiterMemory({ keyPrefix: "address", points: 50, duration: WINDOW_SECONDS }),
  };
  return holder.modelworksSignInLimits;
}

/**
 * Counts one try before it is judged: ten for an account and fifty from an address in 15 minutes, so that tries at the same
 * time count too. Returns the seconds to wait when there are no tries left.
 */
export async function takeSignInTry(account: string, address: string): Promise<number | undefined> {
  const { account: perAccount, address: perAddress } = limits();
  for (const [limiter, key] of [
    [perAddress, address],
    [perAccount, account],
  ] as const) {
    const used = await limiter
      .consume(key, 0)
      .catch((full: unknown) => full as { msBeforeNext: number; remainingPoints: number });
    if (used.remainingPoints <= 0) return Math.max(1, Math.ceil(used.msBeforeNext / 1000));
  }
  await Promise.allSettled([perAccount.consume(account), perAddress.consume(address)]);
  return undefined;
}

/** A success gives the tries back. */
export async function returnSignInTries(account: string, address: string): Promise<void> {
  await limits().account.delete(account);
  await limits().address.reward(address);
}
