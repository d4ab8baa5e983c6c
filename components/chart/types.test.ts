import fs from "node:fs";
import { expect, it } from "vitest";
import { seriesColor, seriesDash } from "./types";

it("draws the twenty runs that can be compared so that no two look alike", () => {
  const looks = Array.from(
    { length: 20 },
    (_, index) => `${seriesColor({}, index)} ${seriesDash({}, index)}`,
  );
  expect(new Set(looks).size).toBe(20);
});

const linear = (byte: number) => {
  const share = byte / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
};

/** OKLab (Ottosson 2020): distances in it are as the eye sees them. */
function lab(hex: string): [number, number, number] {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => linear(Number.parseInt(hex.slice(at, at + 2), 16)));
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

it("has colours that the eye tells apart, in the light and in the dark", () => {
  const css = fs.readFileSync("app/globals.css", "utf8");
  const found = [...css.matchAll(/--chart-\d: (#[0-9a-f]{6});/gu)].map(([, hex]) => hex ?? "");
  expect(found).toHaveLength(16);
  for (const palette of [found.slice(0, 8), found.slice(8)]) {
    const near = palette.flatMap((a, at) =>
      palette
        .slice(at + 1)
        .filter((b) => Math.hypot(...lab(a).map((value, axis) => value - (lab(b)[axis] ?? 0))) < 0.09)
        .map((b) => `${a} ${b}`),
    );
    expect(near).toEqual([]);
  }
});
