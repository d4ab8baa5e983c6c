/**
 * FP16 and BF16, which JavaScript has no numbers for (Float16Array comes with Node 24): a 16-bit pattern to the number it stands for, and
 * a number to the nearest pattern, ties to even. What is too large becomes infinity, as the formats' own rounding has it.
 */

interface Format {
  fractionBits: number;
  /** Exponent of the smallest normal number. */
  lowestExponent: number;
  highestExponent: number;
}

const FP16: Format = { fractionBits: 10, lowestExponent: -14, highestExponent: 15 };
const BF16: Format = { fractionBits: 7, lowestExponent: -126, highestExponent: 127 };

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);
const double = new Float64Array(1);
const doubleBits = new Uint32Array(double.buffer);

function exponentOf(magnitude: number): number {
  double[0] = magnitude;
  return (((doubleBits[1] ?? 0) >>> 20) & 0x7ff) - 1023;
}

/** `quotient` is below 2^12, so adding and taking away a half is exact. */
function toEven(quotient: number): number {
  const down = Math.floor(quotient);
  const rest = quotient - down;
  if (rest !== 0.5) return rest > 0.5 ? down + 1 : down;
  return down % 2 === 0 ? down : down + 1;
}

function encode(value: number, format: Format): number {
  const { fractionBits, lowestExponent, highestExponent } = format;
  const infinity = (highestExponent - lowestExponent + 2) << fractionBits;
  if (Number.isNaN(value)) return infinity | (1 << (fractionBits - 1));
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude === Number.POSITIVE_INFINITY) return sign | infinity;
  const exponent = Math.max(exponentOf(magnitude), lowestExponent);
  if (exponent > highestExponent) return sign | infinity;
  // Counted in units of the last place: a carry out of the fraction raises the exponent by itself.
  const units = toEven(magnitude / 2 ** (exponent - fractionBits));
  return sign | (((exponent - lowestExponent) << fractionBits) + units);
}

/** Bits of the nearest FP16. */
export const toHalf = (value: number): number => encode(value, FP16);

/** Bits of the nearest BF16. */
export const toBrain = (value: number): number => encode(value, BF16);

let halves: Float32Array | undefined;

function halfTable(): Float32Array {
  const table = new Float32Array(65_536);
  for (let bits = 0; bits < 65_536; bits += 1) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >>> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0x1f) table[bits] = fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    else if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else table[bits] = sign * (1024 + fraction) * 2 ** (exponent - 25);
  }
  return table;
}

export function fromHalf(bits: number): number {
  halves ??= halfTable();
  return halves[bits] ?? Number.NaN;
}

export function fromBrain(bits: number): number {
  singleBits[0] = bits << 16;
  return single[0] ?? Number.NaN;
}
