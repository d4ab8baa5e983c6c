const PAD = 0.08;

/** The ends of a value axis: the fixed ones, else a little beyond the data. Where all is one value, the axis still spans 1. */
export function valueRange(
  [low, high]: readonly [number | null, number | null],
  min: number | null,
  max: number | null,
): [number, number] {
  const pad = ((max ?? 1) - (min ?? 0)) * PAD;
  const bottom = low ?? (min ?? 0) - pad;
  const top = high ?? (max ?? 1) + pad;
  if (top > bottom) return [bottom, top];
  return high === null ? [bottom, bottom + 1] : [top - 1, top];
}
