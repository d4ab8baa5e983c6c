const SLOTS = 10_000;

/** FNV-1a over UTF-16 units, finished by murmur3's avalanche, so that similar keys spread evenly. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Whether a request goes to the canary. The key's slot is fixed for a deployment, and the canary takes slots 0 to share: a growing share
 * moves only the new slots, and the same sticky key stays where it is.
 */
export const isCanary = (deploymentId: string, key: string, sharePercent: number): boolean =>
  hash32(`${deploymentId}/${key}`) % SLOTS < sharePercent * (SLOTS / 100);
