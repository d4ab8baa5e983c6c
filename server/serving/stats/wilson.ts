import type { Proportion } from "./proportion";

export type Interval = { readonly low: number; readonly high: number };

/** z for 95 %. */
const Z95 = 1.959963984540054;

/** Wilson score interval of a proportion (Wilson 1927); null without trials. Default level 95 %. */
export function wilsonInterval({ events, n }: Proportion, z: number = Z95): Interval | null {
  if (n <= 0) return null;
  const p = events / n;
  const z2 = z * z;
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const half = (z / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
